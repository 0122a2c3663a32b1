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

"""What is measured. One table says it all; prometheus_client counts.

A metric is a row of :data:`TABLE` and one call where something happens: :func:`count` or
:func:`observe`. A gauge is a row whose values are read when somebody looks, see :func:`registry`.
No label takes a value of the caller's choice: routes are templates, regions are those that exist.
"""

import contextlib
import dataclasses
import time

from pbr import version
import prometheus_client
from prometheus_client import core

_PREFIX = 'flavorsvc_'

#: Methods of HTTP that are told apart; a client may make up others.
_METHODS = frozenset(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
_OTHER_METHOD = 'OTHER'

#: Seconds: one request, and one wish, which may wait for a region that is down.
_OF_REQUESTS = (.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60)
_OF_WISHES = (.1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 21600, 86400)


@dataclasses.dataclass(frozen=True)
class Metric:
    """A row of the table.

    :ivar kind: str, counter, histogram or gauge
    :ivar meaning: str, a sentence
    :ivar labels: tuple of str
    :ivar told_by: str, API, conductor or both: the processes that have it
    :ivar buckets: tuple of float seconds, of a histogram
    """

    kind: str
    meaning: str
    labels: tuple = ()
    told_by: str = 'conductor'
    buckets: tuple = ()


#: Name without the prefix → what it is.
TABLE = {
    'api_requests': Metric(
        'counter', 'Requests that were answered, by the template of the route. What led to no '
        'route, or was refused before, as without a valid token, has the route "none".',
        ('method', 'route', 'status'), 'API'),
    'api_request_duration_seconds': Metric(
        'histogram', 'Time to answer a request, which includes the time that the caller asked to '
        'wait for regions.', ('method', 'route'), 'API', _OF_REQUESTS),
    'converge_attempts': Metric(
        'counter', 'Installations that were worked on, by what came of it: "done", or the reason '
        'of the failure.', ('region', 'desired', 'outcome')),
    'converge_latency_seconds': Metric(
        'histogram', 'Time from a wish to the moment its region agreed, retries included. Desired '
        'is "present" or "absent".', ('region', 'desired'), buckets=_OF_WISHES),
    'nova_requests': Metric(
        'counter', 'HTTP requests to the Nova of a region; the status is "none" where no answer '
        'came.', ('region', 'method', 'status')),
    'nova_request_duration_seconds': Metric(
        'histogram', 'Time of an HTTP request to the Nova of a region.', ('region', 'method'),
        buckets=_OF_REQUESTS),
    'notifications': Metric(
        'counter', 'Notifications that were handed to the drivers ("sent") or given up ("lost").',
        ('event', 'outcome')),
    'notifications_waiting': Metric(
        'gauge', 'Notifications of this conductor that wait for the broker.'),
    'database_up': Metric(
        'gauge', 'Whether the database answered this conductor (1) or not (0). Where it did not, '
        'the gauges of the database below are left out.'),
    'flavors': Metric(
        'gauge', 'Flavors of the catalogue. From the database.', ('status',)),
    'installations': Metric(
        'gauge', 'Installations: the queue is what is neither "active" nor in "error". From the '
        'database.', ('region', 'status')),
    'installations_due': Metric(
        'gauge', 'Installations that could be worked on now and that no conductor has claimed. '
        'From the database.', ('region',)),
    'installations_oldest_due_seconds': Metric(
        'gauge', 'For how long the oldest of them has been due; 0 where there is none. From the '
        'database.', ('region',)),
    'leases': Metric(
        'gauge', 'Installations that conductors are working on, by the host of the conductor. '
        'From the database.', ('host',)),
    'region_state': Metric(
        'gauge', '1 for the state that a region is in, 0 for the others. From the database.',
        ('region', 'state')),
    'region_maintenance': Metric(
        'gauge', '1 where an operator has a region left alone, 0 elsewhere. From the database.',
        ('region',)),
    'region_answer_seconds': Metric(
        'gauge', 'How long the Nova of a region lately took to answer, on average; left out where '
        'that is not known. From the database.', ('region',)),
    'region_audit_age_seconds': Metric(
        'gauge', 'For how long a region has not been read to its end by an audit; left out where '
        'it never was. From the database.', ('region',)),
    'drift_findings': Metric(
        'gauge', 'Flavors about which a region and the catalogue do not agree, as the last audit '
        'found; the state is "open" or "accepted". From the database.',
        ('region', 'kind', 'state')),
    'info': Metric(
        'gauge', 'Always 1; the version of the process.', ('version',), 'both'),
}


def full_name(name):
    """Give the name under which a metric is scraped.

    :param name: str, a key of :data:`TABLE`
    :returns: str
    """
    return f'{_PREFIX}{name}{"_total" if TABLE[name].kind == "counter" else ""}'


def _make(name, row):
    if row.kind == 'histogram':
        return prometheus_client.Histogram(_PREFIX + name, row.meaning, row.labels,
                                           buckets=row.buckets, registry=None)
    return prometheus_client.Counter(_PREFIX + name, row.meaning, row.labels, registry=None)


# The time of its creation beside each number says nothing, and doubles them.
prometheus_client.disable_created_metrics()
_MADE = {name: _make(name, row) for name, row in TABLE.items() if row.kind != 'gauge'}


def count(name, **labels):
    """Count one more.

    :param name: str, a counter of :data:`TABLE`
    :param labels: str by label
    """
    _MADE[name].labels(**labels).inc()


def observe(name, seconds, **labels):
    """Note how long something took.

    :param name: str, a histogram of :data:`TABLE`
    :param seconds: float
    :param labels: str by label
    """
    _MADE[name].labels(**labels).observe(seconds)


class Request:
    """One request of HTTP, from where it is made: counted and timed when it is over."""

    def __init__(self, kind, method, **labels):
        """Begin.

        :param kind: str, 'api_request' or 'nova_request'
        :param method: str
        :param labels: str by label, besides method and status
        """
        self._kind = kind
        self._labels = {'method': method if method in _METHODS else _OTHER_METHOD, **labels}
        self._started = time.monotonic()

    def over(self, status, **labels):
        """Count it.

        :param status: int or str
        :param labels: further labels, known only now
        """
        labels = {**self._labels, **labels}
        count(f'{self._kind}s', **labels, status=str(status))
        observe(f'{self._kind}_duration_seconds', time.monotonic() - self._started, **labels)


def registry(read=None):
    """Make what is scraped: all metrics of this process.

    :param read: function without arguments to the values of gauges: dict of a name of
        :data:`TABLE` to list of (dict of labels, number); None where a process has no gauges
    :returns: prometheus_client.CollectorRegistry
    """
    made = prometheus_client.CollectorRegistry()
    # the first, for it drops the regions that are no more
    made.register(_Gauges(read or dict))
    for metric in _MADE.values():
        made.register(metric)
    prometheus_client.ProcessCollector(registry=made)
    return made


class _Gauges:
    """The gauges, read when somebody looks."""

    def __init__(self, read):
        self._read = read

    def describe(self):
        """Have the registry not read them merely to learn their names."""
        return []

    def collect(self):
        """Give the gauges that there are, with their values of now."""
        values = {'info': [({'version': version.VersionInfo('flavorsvc').release_string()}, 1)],
                  **self._read()}
        if 'region_state' in values:
            _keep({labels['region'] for labels, _ in values['region_state']})
        for name, samples in values.items():
            row = TABLE[name]
            family = core.GaugeMetricFamily(_PREFIX + name, row.meaning, labels=row.labels)
            for labels, number in samples:
                family.add_metric([labels[label] for label in row.labels], number)
            yield family


def _keep(regions):
    """Drop what was counted for regions that are no more.

    Whoever may register infrastructures chooses their names, and could go on for ever.
    """
    for name, metric in _MADE.items():
        labels = TABLE[name].labels
        if 'region' not in labels:
            continue
        counted = {tuple(sample.labels[label] for label in labels)
                   for family in metric.collect() for sample in family.samples}
        for each in counted:
            if each[labels.index('region')] not in regions:
                with contextlib.suppress(KeyError):  # someone else looks at the same time
                    metric.remove(*each)
