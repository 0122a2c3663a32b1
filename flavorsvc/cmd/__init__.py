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

"""Entry points. Importing this package first keeps every process on native threads."""

import sys

# Several oslo libraries import eventlet where it is installed, and oslo.service
# requires it to be; none of them needs it with the threading backend.
sys.modules['eventlet'] = None

from oslo_service import backend  # noqa: E402

backend.init_backend(backend.BackendType.THREADING)
