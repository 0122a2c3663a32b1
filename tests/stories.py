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

"""Stories told over HTTP: the YAML files for gabbi, and the checks that gabbi has not.

A file with ``needs: sandbox`` is told where there are a real Keystone and real Novas; any other one
to a service with stand-ins for them. One with ``down: RegionTwo`` is told while that Nova is
stopped.
"""

import pathlib
import unittest
from xml.etree import ElementTree

import defusedxml.ElementTree
from gabbi import exception
from gabbi import handlers
from gabbi import suitemaker
from gabbi import utils
from gabbi.handlers import base
import pytest

FOLDER = pathlib.Path(__file__).with_name('functional') / 'gabbits'


class ForbiddenStrings(base.ResponseHandler):
    """Checks that an answer does not tell something: the opposite of response_strings."""

    test_key_suffix = 'forbidden_strings'
    test_key_value = []

    def action(self, test, expected, value=None):
        test.assertNotIn(expected, test.output)


class Xml(base.ContentHandler):
    """Reads XML, and checks what is at paths of it: response_xml_paths, $RESPONSE['flavor/@id'].

    A path is one of ElementTree that begins with the root; ``/@name`` at its end is an attribute.
    One text is expected where the path leads to one place, a list of them otherwise.
    """

    test_key_suffix = 'xml_paths'
    test_key_value = {}

    @staticmethod
    def accepts(content_type):
        return content_type.split(';')[0].strip() == 'application/xml'

    @classmethod
    def replacer(cls, response_data, path):
        found = texts_at(response_data, path)
        return found[0] if len(found) == 1 else found

    @staticmethod
    def loads(data):
        try:
            return defusedxml.ElementTree.fromstring(data.encode(), forbid_dtd=True)
        except ElementTree.ParseError as error:
            raise exception.GabbiDataLoadError('not XML') from error

    def action(self, test, path, value=None):
        test.assertIsNotNone(test.response_data, f'no XML but {test.output!r}')
        found = texts_at(test.response_data, test.replace_template(path))
        is_pattern = isinstance(value, str) and self.is_regex(value)
        expected = test.replace_template(value, escape_regex=is_pattern)
        if is_pattern:
            test.assertEqual(1, len(found), path)
            test.assertRegex(found[0], expected[1:-1], path)
        elif isinstance(expected, list):
            test.assertEqual([as_text(each) for each in expected], found, path)
        else:
            test.assertEqual([as_text(expected)], found, path)


def texts_at(root, path):
    """Return the texts at a path of an XML document."""
    document = ElementTree.Element('document')
    document.append(root)
    path, _, attribute = path.partition('/@')
    elements = document.findall(path)
    if attribute:
        return [each.get(attribute) for each in elements if attribute in each.attrib]
    return [each.text or '' for each in elements]


def as_text(value):
    """Write a value of YAML as XML has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def all_of(needs=None):
    """Return the paths of the stories that need something."""
    return [path for path in sorted(FOLDER.rglob('*.yaml')) if _read(path).get('needs') == needs]


def down(path):
    """Return the region whose Nova is stopped while a story is told, or None."""
    return _read(path).get('down')


def name(path):
    """Return the name of a story: 'fiware/regions'."""
    return str(path.relative_to(FOLDER).with_suffix(''))


def tell(path, host, port=None, app=None):
    """Send the requests of a story in order, and fail where an answer is not as it says.

    :param host: str, whom to ask
    :param app: WSGI application to ask in place of a host
    """
    suite = suitemaker.test_suite_from_dict(
        unittest.TestLoader(), path.stem, _read(path), str(path.parent), host, port, None,
        app and (lambda: app),
        handlers=[handler() for handler in [*handlers.RESPONSE_HANDLERS, ForbiddenStrings, Xml]])
    result = unittest.TestResult()
    suite.run(result)
    assert result.testsRun > 0
    assert not result.skipped
    if result.failures or result.errors:
        pytest.fail('\n'.join(f'{step}\n{trace}' for step, trace in
                              result.failures + result.errors), pytrace=False)


def _read(path):
    story = utils.load_yaml(yaml_file=str(path))
    # Each step is a client of its own, and would keep a connection of the server's hundred.
    story.setdefault('defaults', {}).setdefault('request_headers', {})['connection'] = 'close'
    return story
