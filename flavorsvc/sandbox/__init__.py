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

"""A real OpenStack on this machine: Keystone, one Nova API a region, and flavorsvc itself.

``cli`` parses; ``lifecycle`` says what happens in which order; ``state`` is what is remembered
between two commands; ``template`` keeps migrated databases; ``keystone``, ``nova``, ``servers`` and
``service`` each prepare one kind of process; ``supervision`` starts, watches and ends them;
``serve`` is what runs inside a process of Keystone, Nova, Glance or placement, ``hypervisor`` what
runs beside a Nova API that can boot servers, and ``network`` stands in for Neutron; ``demo`` shows
the result.
"""
