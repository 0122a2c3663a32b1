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

"""Conductors that take one step after the other, as a test says, and die when it says so.

The engine and the audits are the real ones. Only their threads are not started: whoever holds the
baton runs, and hands it back at each call to Nova. So a run can be repeated exactly.
"""

import threading

from oslo_utils import timeutils

from flavorsvc.conductor import audits
from flavorsvc.conductor import engine
from flavorsvc.db import claims
from flavorsvc.domain import capabilities
from flavorsvc.domain import errors

_current = threading.local()


class Killed(BaseException):
    """The process is gone: nothing of it does anything any more."""


def current():
    """Give the task of this thread.

    :returns: Task, or None
    """
    return getattr(_current, 'task', None)


class Task:
    """One piece of work of a process, which stops before each call to Nova.

    :ivar process: Process
    :ivar subject: what it works on, such as a claims.Claim
    :ivar call: what it is about to ask
    :ivar ended: bool
    :ivar refused: errors.FlavorsvcError with which it ended, or None
    :ivar seen: dict of flavor id to when the task last looked at it, or made it
    :ivar counted: dict of flavor id to when its servers were last counted
    :ivar made: set of the ids that it created
    """

    def __init__(self, process, work, *args):
        self.process, self.subject, self.call = process, args[0] if args else None, None
        self.ended, self.refused, self.began = False, None, process.world.clock.moment()
        self.seen, self.counted, self.made = {}, {}, set()
        self._work, self._args, self._fate = work, args, None
        self._go, self._back = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def begin(self):
        """Run up to the first call."""
        self._thread.start()
        self._back.acquire()

    def go(self, fate):
        """Take the next call, and run up to the one after it."""
        self._fate = fate
        self._go.release()
        self._back.acquire()

    def stop_before(self, call):
        """Hand the baton back; called by the task itself.

        :returns: what is to become of the call
        """
        self.call = call
        self._back.release()
        self._go.acquire()
        self.process.check_alive()
        return self._fate

    def _run(self):
        _current.task = self
        try:
            self._work(*self._args)
        except Killed:
            pass
        except errors.FlavorsvcError as error:
            self.refused = error
        except BaseException as error:
            self.process.world.blame(f'{self.call}: {error!r}')
        finally:
            self.ended = True
            self.process.world.ended(self)
            self._back.release()


class MortalDatabase:
    """A database as one process reaches it, while it lives."""

    def __init__(self, process, database):
        self._process, self._db = process, database

    def read(self, *args, **kwargs):
        self._process.check_alive()
        return self._db.read(*args, **kwargs)

    def write(self, *args, **kwargs):
        self._process.check_alive()
        if self._process.writes_left == 0:
            self._process.alive = False
            raise Killed
        if self._process.writes_left is not None:
            self._process.writes_left -= 1
        return self._db.write(*args, **kwargs)


class Process:
    """A conductor.

    :ivar name: str, the owner of its leases
    :ivar alive: bool
    :ivar writes_left: int, after how many further transactions it dies; None where it does not
    :ivar tasks: list of Task that have not ended
    """

    def __init__(self, world, name):
        self.world, self.name, self.alive, self.writes_left = world, name, True, None
        self.db, self.tasks = MortalDatabase(self, world.db), []
        # what they would have threads of their own do, this process does
        self.engine = engine.Engine(self.db, world.cloud, world.conf, capabilities.TABLE, name,
                                    pool=self)
        self.audits = audits.Audits(self.db, world.cloud, world.conf, capabilities.TABLE, name,
                                    self.engine, pool=self)

    def check_alive(self):
        """Go no further where the process is dead."""
        if not self.alive:
            raise Killed

    def submit(self, work, *args):
        """Begin a piece of work, as an executor does."""
        task = Task(self, work, *args)
        task.begin()
        if not task.ended:
            self.tasks.append(task)
        return task

    def look(self):
        """Do what the threads of the engine and of the audits do now and then."""
        now = timeutils.utcnow()
        try:
            self.engine.look(now)
            self.audits.look(now)
        except Killed:
            pass
        self._bury()

    def go(self, index, fate):
        """Have one task take its next call.

        :param index: int, of any size
        """
        if self.tasks:
            self.tasks[index % len(self.tasks)].go(fate)
        self._bury()

    def at_work_on(self, flavor_id):
        """List the tasks that converge a flavor.

        :returns: list of Task
        """
        return [task for task in self.tasks if isinstance(task.subject, claims.Claim)
                and task.subject.flavor['id'] == flavor_id]

    def take(self, task, calls):
        """Have one task take its next calls, as far as it has any, with nothing failing."""
        for _ in range(calls):
            if task in self.tasks:
                task.go(None)
                self._bury()

    def finish(self, only=None):
        """Look for work, and have all that was begun finished, with nothing failing.

        :param only: Task, in place of all
        """
        if only is None:
            self.look()
        while only in self.tasks if only else self.tasks:
            (only or self.tasks[0]).go(None)
            self._bury()

    def kill(self):
        """End it as SIGKILL does."""
        self.alive = False
        self._bury()

    def _bury(self):
        if not self.alive:
            for task in self.tasks:
                if not task.ended:
                    task.go(None)
        self.tasks = [task for task in self.tasks if not task.ended]
