# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What the conductor answers, by resource. One line a method.

An operation is committed before the answer leaves; only then is the engine
nudged. A lost nudge costs a poll interval, never a wish.
"""

from flavorsvc.conductor.endpoints.compute_flavors import ComputeFlavors
from flavorsvc.conductor.endpoints.compute_servers import ComputeServers
from flavorsvc.conductor.endpoints.drift import Drift
from flavorsvc.conductor.endpoints.flavors import Flavors
from flavorsvc.conductor.endpoints.health import Health
from flavorsvc.conductor.endpoints.infrastructures import Infrastructures
from flavorsvc.conductor.endpoints.installations import Installations
from flavorsvc.conductor.endpoints.plans import Plans
from flavorsvc.conductor.endpoints.private_flavors import PrivateFlavors
from flavorsvc.conductor.endpoints.regions import Regions
from flavorsvc.conductor.endpoints.service_types import ServiceFlavors
from flavorsvc.conductor.endpoints.service_types import ServiceTypes
from flavorsvc.conductor.endpoints.unmanaged_flavors import UnmanagedFlavors

__all__ = ['ComputeFlavors', 'ComputeServers', 'Drift', 'Flavors', 'Health', 'Infrastructures',
           'Installations', 'Plans', 'PrivateFlavors', 'Regions', 'ServiceFlavors', 'ServiceTypes',
           'UnmanagedFlavors']
