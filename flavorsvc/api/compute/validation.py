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

"""Extra specs, checked by Nova's own definitions where Nova is installed beside this service.

Where it is not, the default region says what is wrong with them: it is asked before anything is
stored.
"""

import functools
import importlib

from flavorsvc.api.compute.faults import Fault

#: The first microversion at which Nova checks them.
SINCE = (2, 86)


def check(extra_specs):
    """Refuse extra specs that Nova would refuse.

    :param extra_specs: dict of str to str
    :raises Fault: in Nova's words
    """
    validators = _of_nova()
    if validators is None:
        return
    for name, value in extra_specs.items():
        try:
            validators.validate(name, value)
        except validators.exception.ValidationError as error:
            raise Fault(400, error.format_message()) from None


@functools.cache
def _of_nova():
    """Look for Nova. It is no dependency: whoever runs it beside this service has it.

    :returns: module, or None
    """
    try:
        return importlib.import_module('nova.api.validation.extra_specs.validators')
    except ImportError:
        return None
