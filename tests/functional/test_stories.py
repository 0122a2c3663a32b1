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

"""The stories in gabbits/, told to each deployment. Every story starts with an empty catalogue."""

import pathlib
import unittest

from gabbi import handlers
from gabbi import suitemaker
from gabbi import utils
from gabbi.handlers import base
import pytest

STORIES = sorted(pathlib.Path(__file__).with_name('gabbits').glob('*.yaml'))


class ForbiddenStrings(base.ResponseHandler):
    """Checks that an answer does not tell something: the opposite of response_strings."""

    test_key_suffix = 'forbidden_strings'
    test_key_value = []

    def action(self, test, expected, value=None):
        test.assertNotIn(expected, test.output)


@pytest.mark.parametrize('story', STORIES, ids=lambda path: path.stem)
def test_story(story, deployed):
    deployed.reset()
    suite = suitemaker.test_suite_from_dict(
        unittest.TestLoader(), story.stem, utils.load_yaml(yaml_file=str(story)),
        str(story.parent), 'flavorsvc.test', None, None, lambda: deployed.app,
        handlers=[handler() for handler in [*handlers.RESPONSE_HANDLERS, ForbiddenStrings]])
    result = unittest.TestResult()
    suite.run(result)
    assert result.testsRun > 0
    assert not result.skipped
    for step, trace in result.failures + result.errors:
        pytest.fail(f'{step}\n{trace}', pytrace=False)
