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

"""Samples of configuration and policy can be made, and everything in them is explained."""

import importlib.metadata
import pathlib

from oslo_config import generator as config_generator
from oslo_policy import generator as policy_generator
import pytest
import yaml

from flavorsvc import conf
from flavorsvc import policies

ETC = pathlib.Path(__file__).parents[2] / 'etc/flavorsvc'


def entry_point(group):
    (found,) = importlib.metadata.entry_points(group=group, name='flavorsvc')
    return found.load()


def test_entry_points_lead_to_the_lists():
    assert entry_point('oslo.config.opts') is conf.list_opts
    assert entry_point('oslo.policy.policies') is policies.list_rules


def options():
    return [
        pytest.param(option, id=f'{getattr(group, "name", group)}.{option.name}')
        for group, group_options in conf.list_opts()
        for option in group_options
    ]


@pytest.mark.parametrize('option', options())
def test_every_option_says_what_it_is_for(option):
    assert option.help


@pytest.mark.parametrize('rule', policies.list_rules(), ids=lambda rule: rule.name)
def test_every_rule_says_what_it_protects(rule):
    assert rule.description
    for operation in getattr(rule, 'operations', []):
        assert operation['path'].startswith(('/v1/', '/v2.1/'))
        assert operation['method'] in {'GET', 'POST', 'PUT', 'PATCH', 'DELETE'}


def test_a_sample_configuration_has_every_option_of_ours(tmp_path):
    sample = tmp_path / 'flavorsvc.conf.sample'
    config_generator.main(
        ['--config-file', f'{ETC}/flavorsvc-config-generator.conf', '--output-file', str(sample)]
    )
    text = '\n' + sample.read_text()
    for group, group_options in conf.list_opts():
        assert f'\n[{getattr(group, "name", group) or "DEFAULT"}]\n' in text
        for option in group_options:
            assert f'\n#{option.dest} =' in text, option.dest


def test_the_samples_default_for_the_body_limit_is_ours(tmp_path):
    sample = tmp_path / 'flavorsvc.conf.sample'
    config_generator.main(['--namespace', 'flavorsvc', '--namespace', 'oslo.middleware.sizelimit',
                           '--output-file', str(sample)])
    assert '#max_request_body_size = 1048576' in sample.read_text()


@pytest.mark.parametrize(('library', 'default'), [
    ('oslo.messaging', 'heartbeat_timeout_threshold = 6'),
    ('oslo.messaging', 'rabbit_qos_prefetch_count = 1'),
    ('oslo.messaging', 'rabbit_interval_max = 5'),
    ('oslo.db', 'max_retries = 0'),
    ('oslo.db', 'max_pool_size = 20'),
])
def test_the_samples_defaults_of_libraries_are_ours(tmp_path, library, default):
    sample = tmp_path / 'flavorsvc.conf.sample'
    config_generator.main(['--namespace', 'flavorsvc', '--namespace', library,
                           '--output-file', str(sample)])
    assert f'\n#{default}\n' in sample.read_text()


def test_a_sample_policy_has_every_rule(tmp_path):
    sample = tmp_path / 'policy.yaml.sample'
    policy_generator.generate_sample(
        ['--config-file', f'{ETC}/flavorsvc-policy-generator.conf', '--output-file', str(sample)]
    )
    commented_out = sample.read_text().replace('#"', '"')
    assert set(yaml.safe_load(commented_out)) == {rule.name for rule in policies.list_rules()}
