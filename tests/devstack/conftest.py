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

"""Fixtures of tests of the DevStack plugin."""

# before any library can import eventlet
import flavorsvc.cmd  # noqa: F401, I001

import os
import pathlib
import tempfile

import pytest

from tests.devstack import machine


@pytest.fixture
def root():
    """An empty folder in place of /; its path is short, as those of sockets have to be."""
    with tempfile.TemporaryDirectory(prefix='devstack-') as folder:
        yield pathlib.Path(folder)


@pytest.fixture
def stacking(root):
    """A machine.Machine with all services, none of them real, that writes down what is called."""
    return machine.Machine(root)


@pytest.fixture(scope='session')
def checkout():
    """Path of a checkout of DevStack."""
    named = os.environ.get('FLAVORSVC_TEST_DEVSTACK')
    if not named:
        pytest.skip('FLAVORSVC_TEST_DEVSTACK does not name a checkout of openstack/devstack')
    return pathlib.Path(named)
