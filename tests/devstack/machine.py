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

"""A machine to stack on: a folder in place of /, and commands in place of those that change it."""

import configparser
import os
import pathlib
import shutil
import subprocess
import sysconfig

HERE = pathlib.Path(__file__).parent
REPOSITORY = HERE.parents[1]
SCRIPTS = pathlib.Path(sysconfig.get_path('scripts'))

#: Commands of the system that are never really run.
_SYSTEM = ('a2ensite', 'a2dissite', 'a2enmod', 'a2query', 'systemd-tmpfiles', 'lsb_release')
#: What answers and is changed elsewhere: stand-ins where nothing of this is there.
_SERVICES = ('openstack', 'mysql', 'dropdb', 'psql', 'createdb', 'rabbitmqctl', 'curl', 'uwsgi')
#: What flavorsvc is installed as, beside DevStack's Python.
_INSTALLED = ('pip', 'flavorsvc-manage', 'flavorsvc-conductor', 'oslopolicy-sample-generator')

_RECORDER = """\
#!/usr/bin/env bash
name=$(basename "$0")
echo "$name $*" >>"$ROOT/calls"
if [[ -e "$ROOT/answers/$name" ]]; then
    source "$ROOT/answers/$name"
fi
"""

# No password, and no system but ours.
_SUDO = """\
#!/usr/bin/env bash
for each; do
    shift
    case $each in
        "$ROOT"/*) ;;
        /etc/* | /var/* | /run/*) each=$ROOT$each ;;
    esac
    set -- "$@" "$each"
done
if [[ -x "$ROOT/bin/${1##*/}" ]]; then
    exec "$ROOT/bin/${1##*/}" "${@:2}"
fi
exec "$@"
"""

# Units as DevStack writes them; whatever else is only written down.
_SYSTEMCTL = """\
#!/usr/bin/env bash
echo "systemctl $*" >>"$ROOT/calls"
unit=$ROOT/etc/systemd/system/$2 state=$ROOT/run/$2
mkdir -p "$ROOT/run" "$ROOT/var/log"
case $1 in
    enable) touch "$state.enabled" ;;
    disable) rm -f "$state.enabled" ;;
    is-enabled) [[ -e "$state.enabled" ]] ;;
    start)
        if [[ -e $unit && ! -e $state.pid ]]; then
            command=$(sed -n 's/^ExecStart *= *//p' "$unit")
            setsid nohup $command >>"$ROOT/var/log/$2.log" 2>&1 &
            echo $! >"$state.pid"
        fi
        ;;
    stop)
        if [[ -e "$state.pid" ]]; then
            pid=$(<"$state.pid")
            kill "$pid" 2>/dev/null
            # one that nobody has buried yet has ended, too
            while [[ -e /proc/$pid && $(grep State: /proc/$pid/status) != *zombie* ]]; do
                sleep 0.1
            done
            rm "$state.pid"
        fi
        ;;
esac
"""

#: Answers as if everything were there, and a broker that remembers its virtual hosts.
_ANSWERS = {
    'openstack': '[[ "$*" == *"region show"* ]] && echo up; true',
    'rabbitmqctl': """
        touch "$ROOT/vhosts"
        case $1 in
            list_vhosts) cat "$ROOT/vhosts" ;;
            add_vhost) echo "$2" >>"$ROOT/vhosts" ;;
            delete_vhost) sed -i "/^$2\\$/d" "$ROOT/vhosts" ;;
        esac""",
    'curl': 'printf 200',
    'oslopolicy-sample-generator': 'echo "# rules" >"$4"',
    'flavorsvc-manage': """
        case $* in
            *"credential setup") mkdir -p "$ROOT/etc/flavorsvc/credential-keys" ;;
        esac""",
    'lsb_release': 'case $1 in -r) echo 24.04 ;; -c) echo noble ;; -i) echo Ubuntu ;; esac',
}


class Machine:
    """A folder in which the phases of the plugin are run.

    :ivar root: pathlib.Path, in place of /
    """

    def __init__(self, root, devstack=None, services=False, **localrc):
        """Set it up.

        :param root: pathlib.Path of an empty folder
        :param devstack: path of a checkout of DevStack, or None for stand-ins
        :param services: bool, whether the real services are there
        :param localrc: what local.conf sets
        """
        self.root = root
        self._environment = {
            name: value for name, value in os.environ.items()
            if not name.startswith(('OS_', 'FLAVORSVC_'))}
        self._environment |= {
            'ROOT': str(root), 'DEVSTACK': str(devstack or ''),
            'PATH': f'{root}/bin:{SCRIPTS}:{os.environ["PATH"]}:/usr/sbin',
            'FLAVORSVC_CONF_DIR': f'{root}/etc/flavorsvc',
            'REQUIREMENTS_DIR': '',
        } | {name: str(value) for name, value in localrc.items()}
        for folder in ('bin', 'venv/bin', 'answers', 'opt/stack/flavorsvc'):
            (root / folder).mkdir(parents=True)
        shutil.copy(REPOSITORY / 'setup.cfg', root / 'opt/stack/flavorsvc')
        self.command('sudo', _SUDO)
        self.command('systemctl', _SYSTEMCTL)
        for name in (*_SYSTEM, *(() if services else _SERVICES)):
            self.command(name, _RECORDER)
        for name in () if services else _INSTALLED:
            self.command(f'../venv/bin/{name}', _RECORDER)
        for name, answer in _ANSWERS.items():
            self.answer(name, answer)

    def command(self, name, script):
        """Put a command before those of the system."""
        path = self.root / 'bin' / name
        path.write_text(script)
        path.chmod(0o755)

    def answer(self, name, script):
        """Let a command that is only written down do something."""
        (self.root / 'answers' / name).write_text(script)

    def run(self, *phases, check=True, **localrc):
        """Run phases as DevStack does, such as ``stack extra``.

        :param localrc: what local.conf sets from now on
        :returns: subprocess.CompletedProcess
        """
        self._environment |= {name: str(value) for name, value in localrc.items()}
        done = subprocess.run(
            ['bash', HERE / 'phases.sh', *phases], env=self._environment, text=True,
            capture_output=True, timeout=240, stdin=subprocess.DEVNULL,
            cwd=self.root)  # where clouds.yaml is looked for
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def calls(self, *phases, **options):
        """Run phases; return what they called, line by line, without what writes to files."""
        record = self.root / 'calls'
        record.write_text('')
        self.run(*phases, **options)
        return [line.replace(str(self.root), '').rstrip()
                for line in record.read_text().splitlines()
                if not line.startswith(('iniset ', 'setup_logging ', 'echo_summary '))]

    def ini(self, path):
        """Read one of its files.

        :param path: str, below /
        :returns: dict of section to dict of option to value
        """
        file = configparser.RawConfigParser(default_section='none')
        file.optionxform = str
        with open(self.root / path, encoding='utf-8') as stream:
            file.read_file(stream)
        return {section: dict(file[section]) for section in file.sections()}

    def files(self, *folders):
        """List its files below some folders, sorted."""
        return sorted(str(path.relative_to(self.root)) for folder in folders
                      for path in (self.root / folder).rglob('*') if not path.is_dir())
