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

"""Serves the WSGI application of a service: ``python -m flavorsvc.sandbox.serve``.

Keystone, Nova and the like ship WSGI modules and no server. waitress is pure Python, so that no
compiler is needed, and serves them in one process without green threads.
"""

import argparse
import importlib
import sys
import threading

import waitress


class NoEventlet:
    """Import hook: everything runs on native threads, so nothing may load eventlet."""

    @staticmethod
    def find_spec(fullname, path=None, target=None):
        if fullname.split('.')[0] == 'eventlet':
            raise ModuleNotFoundError('the sandbox runs on native threads', name=fullname)


class RequestLog:
    """WSGI middleware: one line a request, so that tests can count what a cloud was asked.

    A line reads ``METHOD PATH STATUS REQUEST-ID``; the id is the caller's global one, or ``-``.
    """

    def __init__(self, app, path):
        self._app = app
        self._file = open(path, 'a', buffering=1, encoding='utf-8')
        self._lock = threading.Lock()

    def __call__(self, environ, start_response):
        method = environ['REQUEST_METHOD']
        path = environ.get('SCRIPT_NAME', '') + environ.get('PATH_INFO', '')
        if environ.get('QUERY_STRING'):
            path += '?' + environ['QUERY_STRING']
        request_id = environ.get('HTTP_X_OPENSTACK_REQUEST_ID', '-')

        def logged(status, headers, exc_info=None):
            with self._lock:
                self._file.write(f'{method} {path} {status.split()[0]} {request_id}\n')
            return start_response(status, headers, exc_info)

        return self._app(environ, logged)


def main(argv=None):
    parser = argparse.ArgumentParser(prog='flavorsvc.sandbox.serve', description=__doc__)
    parser.add_argument('application', help='module:attribute')
    parser.add_argument('--port', type=int, required=True)
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument('--request-log', required=True)
    parser.add_argument('--beside', metavar='MODULE:FUNCTION',
                        help='called with the application loaded and before it is served')
    options = parser.parse_args(argv)
    sys.meta_path.insert(0, NoEventlet())
    # oslo.service would choose eventlet by default.
    backend = importlib.import_module('oslo_service.backend')
    backend.init_backend(backend.BackendType.THREADING)
    # The applications parse sys.argv themselves while they are imported.
    sys.argv = sys.argv[:1]
    application = _named(options.application)
    if options.beside:
        _named(options.beside)()
    waitress.serve(RequestLog(application, options.request_log), host='127.0.0.1',
                   port=options.port, threads=options.threads, ident=None, _quiet=True)


def _named(text):
    module, attribute = text.split(':')
    return getattr(importlib.import_module(module), attribute)


if __name__ == '__main__':
    main()
