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

"""Classifies what Nova and Keystone answer when they do not do as asked.

One table, read from the top: the first class that fits decides what has to
happen next (see :mod:`flavorsvc.domain.failures`).
"""

import contextlib
import re

from keystoneauth1 import exceptions as ksa_exceptions
from novaclient import exceptions as nova_exceptions
from oslo_log import log

from flavorsvc.domain import failures

LOG = log.getLogger(__name__)

_UNSPEAKABLE = re.compile('[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]')

#: Statuses by which a region asks to be left alone, or its front end says that nobody is behind.
_REGION_STATUSES = {429: 'busy', 502: 'unreachable', 503: 'unreachable', 504: 'unreachable'}

#: Statuses that will be the same next time, and what they are about.
_REFUSALS = {400: 'rejected', 403: 'forbidden', 405: 'unsupported', 413: 'quota',
             501: 'unsupported'}


@contextlib.contextmanager
def classified(service):
    """Turn the exceptions of keystoneauth and novaclient into failures.

    :param service: str, who is called, for the texts
    :raises failures.Failure: instead of any exception of the two libraries
    """
    try:
        yield
    except failures.Failure:
        raise
    except nova_exceptions.ClientException as error:
        raise _of_status(service, error.code, _words(error),
                         getattr(error, 'retry_after', None)) from error
    except (ksa_exceptions.Unauthorized, ksa_exceptions.MissingAuthPlugin,
            ksa_exceptions.AuthorizationFailure) as error:
        raise failures.Unreachable('unauthorized', f'Keystone refuses the service credential: '
                                                   f'{_words(error)}') from error
    except ksa_exceptions.HttpError as error:
        raise _of_status(service, error.http_status, _words(error),
                         getattr(error, 'retry_after', None)) from error
    except (ksa_exceptions.ConnectionError, ksa_exceptions.DiscoveryFailure,
            ksa_exceptions.EndpointNotFound, ksa_exceptions.EmptyCatalog) as error:
        raise failures.Unreachable('unreachable', _in_short(_words(error))) from error
    except (ksa_exceptions.ClientException, ValueError, KeyError, TypeError,
            AttributeError) as error:
        raise unintelligible(service, error) from error


def unintelligible(service, error):
    """Make the failure for an answer that is not what the API promises.

    Something other than the service may be answering (a proxy's page, a
    captive portal), so the region as a whole is left alone for a while.

    :returns: failures.Unreachable
    """
    # without its words: whoever answered may have repeated the token in them
    LOG.warning('unintelligible answer of %s (%s)', service, type(error).__name__)
    return failures.Unreachable(
        'unintelligible', f'{service} did not answer as its API does '
                          f'({type(error).__name__}).')


def _of_status(service, status, words, retry_after):
    if status in _REGION_STATUSES:
        return failures.Unreachable(_REGION_STATUSES[status], words, _seconds(retry_after))
    if status in _REFUSALS:
        return failures.Refused(_REFUSALS[status], words)
    if status == 401:
        return failures.Unreachable('unauthorized', words)
    if status == 406:
        return failures.Passing('microversion', words)
    if status == 409:
        return failures.Passing('conflict', words)
    return failures.Passing('server_error' if status >= 500 else 'unexpected', words)


def _seconds(retry_after):
    """A Retry-After in seconds; the form with a date is left to our own back-off."""
    text = str(retry_after or '')
    return float(text) if text.isdigit() and int(text) else None


def _in_short(words):
    """Leave out what requests says of its pools around the one thing that went wrong."""
    sentence, pool, rest = words.partition(': HTTP')
    cause = re.search(r'\[Errno -?\d+\] [^\'")]+|timed out|[Cc]ertificate[^\'")]+', rest)
    if not pool:
        return words
    return f'{sentence}: {cause.group()}' if cause else sentence


def _words(error):
    """The other side's own words: short, and without anything of ours.

    They go into logs and the database, where line breaks would look like lines of our own, and
    of which not every one takes NUL or half a surrogate pair.
    """
    text = getattr(error, 'message', None) or str(error) or type(error).__name__
    return speakable(str(text)[:1000])


def speakable(text):
    """Take out of a text of somebody else what a log or a database had better not see.

    :returns: str
    """
    return _UNSPEAKABLE.sub(' ', text)
