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

"""What can be done with infrastructures."""

from flavorsvc.cloud import infrastructures as looking
from flavorsvc.db import infrastructures
from flavorsvc.domain import infrastructure


def create(database, clouds, values, max_per_project, utcnow):
    """Look at a cloud, and register it as a region when it is one.

    Several transactions: none stays open while the cloud is asked. Whether the
    name is still free is decided by the last one.

    :param database: flavorsvc.db.engine.Database
    :param clouds: flavorsvc.cloud.sessions.Clouds
    :param values: dict with name, keystone_url, nova_url or None, region_name or None,
        project_id, credential
    :param max_per_project: int, most infrastructures that the owner may have
    :param utcnow: function that gives a naive UTC datetime
    :returns: dict, see :func:`flavorsvc.db.infrastructures.as_dict`
    :raises errors.AlreadyExists: when the name is taken
    :raises errors.Denied: when the owner has as many as it may have
    :raises errors.Invalid: naming what does not lead to a Nova
    :raises errors.Unavailable: when there is no key to seal the credential with
    """
    infrastructure.check(values)
    database.read(infrastructures.check_free, values['name'], values['project_id'],
                  max_per_project)
    access = clouds.sealed(values['keystone_url'], values.get('region_name'),
                           values['credential'])
    found = looking.examine(clouds, access, values.get('nova_url'),
                            infrastructure.secret_field(values['credential']))
    return database.write(
        infrastructures.create, values['name'], values['project_id'], max_per_project,
        found.endpoint, found.microversion, {**access, 'region_name': found.region_name},
        utcnow())
