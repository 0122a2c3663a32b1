#!/usr/bin/env bash
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

# Does with the plugin what stack.sh, unstack.sh and clean.sh of DevStack do with it: sources the
# functions, the libraries and the settings, and then the plugin, once for each phase.
#
# usage: phases.sh PHASE...    such as: phases.sh "stack install" "stack extra"
#
# DEVSTACK is a checkout of DevStack, or empty: then devstack_functions.sh stands in for it. ROOT is
# the folder in place of /. Whatever else is in the environment counts as set in local.conf, and so
# does what LOCAL_CONF names.

# shellcheck disable=SC2034  # read by the plugin and by DevStack
# shellcheck disable=SC1090,SC1091  # sourced from a checkout, if there is one

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PLUGIN_DIR=$HERE/../../devstack

function enable_plugin {
    DEVSTACK_PLUGINS+=,$1
}
function enable_service {
    ENABLED_SERVICES+=,$1
}
function disable_service {
    DISABLED_SERVICES+=,$1
}

# As stackrc sets them.
DEST=$ROOT/opt/stack
if [[ -n "$LOCAL_CONF" ]]; then
    source <(sed -n '/^\[\[local|localrc]]$/,/^\[\[post/{/^\[\[/!p}' "$LOCAL_CONF")
fi
DATA_DIR=$DEST/data
TOP_DIR=${DEVSTACK:-$DEST/devstack}
FILES=$TOP_DIR/files
STACK_USER=$(id -un)
REGION_NAME=${REGION_NAME:-RegionOne}
KEYSTONE_REGION_NAME=${KEYSTONE_REGION_NAME:-$REGION_NAME}
ENABLED_SERVICES=${ENABLED_SERVICES-key,mysql,rabbit,n-api,g-api}
SERVICE_HOST=${SERVICE_HOST:-192.0.2.1}
SERVICE_LOCAL_HOST=127.0.0.1
SERVICE_LISTEN_ADDRESS=0.0.0.0
SERVICE_PROTOCOL=http
SERVICE_TIMEOUT=${SERVICE_TIMEOUT:-60}
SERVICE_PASSWORD=${SERVICE_PASSWORD:-service-secret}
API_WORKERS=2
WORKER_TIMEOUT=80
ENABLE_DEBUG_LOG_LEVEL=True
LOG_COLOR=False
MEMCACHE_SERVERS=${MEMCACHE_SERVERS-localhost:11211}
SYSTEMCTL="sudo systemctl"
SYSTEMD_DIR=$ROOT/etc/systemd/system
GLOBAL_VENV=True
DEVSTACK_VENV=${DEVSTACK_VENV:-$ROOT/venv}
DATABASE_USER=${DATABASE_USER:-root}
DATABASE_PASSWORD=${DATABASE_PASSWORD:-database-secret}
MYSQL_HOST=${MYSQL_HOST:-127.0.0.1}
MYSQL_SERVICE_NAME=mysql
RABBIT_USERID=${RABBIT_USERID:-stackrabbit}
RABBIT_PASSWORD=${RABBIT_PASSWORD:-rabbit-secret}
APACHE_CONF_DIR=$ROOT/etc/apache2/sites-available

mkdir -p "$SYSTEMD_DIR" "$APACHE_CONF_DIR" "$ROOT/var/run/uwsgi" "$DATA_DIR"

if [[ -n "$DEVSTACK" ]]; then
    source "$DEVSTACK/functions"
    GetDistro
    source "$DEVSTACK/lib/database"
    source "$DEVSTACK/lib/rpc_backend"
    source "$DEVSTACK/lib/apache"
    source "$DEVSTACK/lib/tls"
    source "$DEVSTACK/lib/keystone"
    if [[ -n "$KEYSTONE_URL" ]]; then
        KEYSTONE_SERVICE_URI=$KEYSTONE_URL
    fi
    SSL_BUNDLE_FILE=$DATA_DIR/ca-bundle.pem
    initialize_database_backends
    define_database_baseurl
else
    source "$HERE/devstack_functions.sh"
fi
source "$PLUGIN_DIR/settings"

for phase in "$@"; do
    if [[ $phase == stack* ]]; then
        set -o errexit
    else
        # unstack.sh and clean.sh go on after errors, and have read openrc
        set +o errexit
        export OS_USERNAME=demo OS_PROJECT_NAME=demo
    fi
    # shellcheck disable=SC2086  # mode and phase
    source "$PLUGIN_DIR/plugin.sh" $phase
    if [[ -n "$DEVSTACK" && "$phase" == "stack post-config" && -e "$FLAVORSVC_UWSGI_CONF" ]]; then
        # the one folder that write_uwsgi_config does not take from a variable
        sed -i "s|/var/run/uwsgi|$ROOT/var/run/uwsgi|" \
            "$FLAVORSVC_UWSGI_CONF" "$(apache_site_config_for flavorsvc-api)"
    fi
done
