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

"""The documentation's samples are what the service answers, with real Keystones and Novas."""

import pytest

from tests import services
from tests.functional import samples


@pytest.mark.parametrize('deployment', services.wanted_deployments(1), ids=str, indirect=True,
                         scope='session')
def test_the_documented_requests_are_answered_as_documented(sandbox):
    """All of the story: also what regions and a registered cloud have to do."""
    wrong = {step.name: found for step, answer in samples.replay(*samples.of_sandbox(sandbox))
             if (found := samples.faults(step, answer))}
    assert wrong == {}
