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

# Stand-ins for the functions of DevStack that the plugin calls. Each writes down how it was called
# and does the least of what the real one does: to files itself, to anything else by the same
# commands. test_devstack_checkout.py compares what comes of them with what comes of the real ones.

# shellcheck disable=SC2034  # read by the plugin

DATABASE_TYPE=""
for each in mysql postgresql; do
    if [[ ,$ENABLED_SERVICES, == *,$each,* ]]; then
        DATABASE_TYPE=$each
    fi
done
KEYSTONE_SERVICE_HOST=${KEYSTONE_SERVICE_HOST:-$SERVICE_HOST}
KEYSTONE_SERVICE_PROTOCOL=$SERVICE_PROTOCOL
if [[ ,$ENABLED_SERVICES, == *,tls-proxy,* ]]; then
    KEYSTONE_SERVICE_PROTOCOL=https
fi
KEYSTONE_SERVICE_URI=${KEYSTONE_URL:-$KEYSTONE_SERVICE_PROTOCOL://$KEYSTONE_SERVICE_HOST/identity}
SERVICE_DOMAIN_NAME=Default
SERVICE_PROJECT_NAME=service
SSL_BUNDLE_FILE=$DATA_DIR/ca-bundle.pem
if [[ ,$ENABLED_SERVICES, == *,rabbit,* ]]; then
    RABBIT_HOST=${RABBIT_HOST:-$SERVICE_HOST}
fi

function called {
    echo "${FUNCNAME[1]} $*" >>"$ROOT/calls"
}

# functions-common, functions, inc/*

function define_plugin {
    :
}
function echo_summary {
    called "$@"
}
function warn {
    called "${@:2}"
    echo "WARNING: ${*:2}" >&2
}
function die {
    called "${@:2}"
    echo "ERROR: ${*:2}" >&2
    exit 1
}
function trueorfalse {
    case ${!2,,} in
        1 | t | true | y | yes | enabled) echo True ;;
        0 | f | false | n | no | disabled) echo False ;;
        *) echo "$1" ;;
    esac
}
function is_service_enabled {
    local each
    for each in "$@"; do
        if [[ ,$ENABLED_SERVICES, == *,$each,* ]]; then
            return 0
        fi
        if declare -F "is_${each}_enabled" >/dev/null && "is_${each}_enabled"; then
            return 0
        fi
    done
    return 1
}
function enable_service {
    local each
    for each in "$@"; do
        if [[ ,$DISABLED_SERVICES, != *,$each,* ]] && ! is_service_enabled "$each"; then
            ENABLED_SERVICES+=,$each
        fi
    done
}
function get_python_exec_prefix {
    echo "$DEVSTACK_VENV/bin"
}
function setup_develop {
    called "$@"
}
function iniset {
    called "$@"
    touch "$1"
    local text
    # shellcheck disable=SC2016  # awk's
    text=$(SECTION="[$2]" OPTION="$3 = " VALUE=$4 awk '
        function put() { print ENVIRON["OPTION"] ENVIRON["VALUE"]; is_put = 1 }
        /^\[/ { if (is_inside && !is_put) put(); is_inside = $0 == ENVIRON["SECTION"] }
        is_inside && index($0, ENVIRON["OPTION"]) == 1 { put(); next }
        { print }
        END { if (!is_put) { if (!is_inside) print ENVIRON["SECTION"]; put() } }' "$1")
    echo "$text" >"$1"
}
function setup_logging {
    called "$@"
    iniset "$1" DEFAULT log_color "$LOG_COLOR"
}
function run_process {
    called "$@"
    if is_service_enabled "$1"; then
        printf '[Service]\nExecStart = %s\n' "$2" >"$SYSTEMD_DIR/devstack@$1.service"
        $SYSTEMCTL enable "devstack@$1.service"
        $SYSTEMCTL start "devstack@$1.service"
    fi
}
function stop_process {
    called "$@"
    if is_service_enabled "$1" && $SYSTEMCTL is-enabled "devstack@$1.service"; then
        $SYSTEMCTL stop "devstack@$1.service"
        $SYSTEMCTL disable "devstack@$1.service"
    fi
}
function wait_for_service {
    called "$@"
    # shellcheck disable=SC2016  # for the inner shell
    timeout "$1" bash -c '
        until code=$(curl -s -o /dev/null -w "%{http_code}" "$0") && [[ $code != 503 ]]; do
            sleep 0.2
        done' "$2"
}
function test_with_retry {
    called "$@"
    timeout "${3:-10}" sh -c "until $1; do sleep ${4:-0.5}; done" || die "$LINENO" "$2"
}
function get_or_create_service {
    called "$@"
    openstack --os-cloud devstack-system-admin service show "$2" -f value -c id
}
function get_or_create_endpoint {
    called "$@"
    local interface url=$3
    for interface in public admin internal; do
        openstack --os-cloud devstack-system-admin endpoint create --region "$2" \
            "$1" "$interface" "$url"
    done
}

# lib/database

function initialize_database_backends {
    called "$@"
}
function database_connection_url {
    called "$@"
    if [[ $DATABASE_TYPE == mysql ]]; then
        echo "mysql+pymysql://$DATABASE_USER:$DATABASE_PASSWORD@$MYSQL_HOST/$1?charset=utf8"
    else
        echo "postgresql://$DATABASE_USER:$DATABASE_PASSWORD@$MYSQL_HOST/$1?client_encoding=utf8"
    fi
}
function recreate_database {
    called "$@"
    mysql -u"$DATABASE_USER" -p"$DATABASE_PASSWORD" -h"$MYSQL_HOST" \
        -e "DROP DATABASE IF EXISTS $1; CREATE DATABASE $1 CHARACTER SET utf8;"
}

# lib/rpc_backend

function get_transport_url {
    if [[ -n $RABBIT_HOST ]]; then
        echo "rabbit://$RABBIT_USERID:$RABBIT_PASSWORD@$RABBIT_HOST:5672/$1"
    fi
}
function iniset_rpc_backend {
    called "$@"
    iniset "$2" "$3" transport_url "$(get_transport_url "$4")"
}
function rpc_backend_add_vhost {
    called "$@"
    if ! sudo rabbitmqctl list_vhosts | grep -qx "$1"; then
        sudo rabbitmqctl add_vhost "$1"
        sudo rabbitmqctl set_permissions -p "$1" "$RABBIT_USERID" '.*' '.*' '.*'
    fi
}

# lib/keystone

function create_service_user {
    called "$@"
    local admin="openstack --os-cloud devstack-system-admin" role
    $admin user create "$1" --password "$SERVICE_PASSWORD" --domain Default --or-show
    for role in service "$2"; do
        $admin role add "$role" --user "$1" --project service \
            --user-domain Default --project-domain Default
    done
}
function configure_keystoneauth {
    called "$@"
    iniset "$1" "$3" auth_type password
    iniset "$1" "$3" interface public
    iniset "$1" "$3" auth_url "$KEYSTONE_SERVICE_URI"
    iniset "$1" "$3" username "$2"
    iniset "$1" "$3" password "$SERVICE_PASSWORD"
    iniset "$1" "$3" user_domain_name Default
    iniset "$1" "$3" project_name service
    iniset "$1" "$3" project_domain_name Default
}
function configure_keystone_authtoken_middleware {
    called "$@"
    configure_keystoneauth "$1" "$2" keystone_authtoken
    iniset "$1" keystone_authtoken www_authenticate_uri "$KEYSTONE_SERVICE_URI"
    iniset "$1" keystone_authtoken cafile "$SSL_BUNDLE_FILE"
    iniset "$1" keystone_authtoken memcached_servers "$MEMCACHE_SERVERS"
}

# lib/apache

function apache_site_config_for {
    echo "$APACHE_CONF_DIR/$1.conf"
}
function write_uwsgi_config {
    called "$@"
    local socket=$ROOT/var/run/uwsgi/$5.socket line
    rm -f "$1"
    for line in "module $2" "processes $API_WORKERS" "master true" "die-on-term true" \
            "exit-on-reload false" "worker-reload-mercy $WORKER_TIMEOUT" "enable-threads true" \
            "plugins http,python3" "thunder-lock true" \
            "hook-master-start unix_signal:15 gracefully_kill_them_all" "buffer-size 65535" \
            "add-header Connection: close" "lazy-apps true" "start-time %t" \
            "socket $socket" "chmod-socket 666"; do
        iniset "$1" uwsgi "${line%% *}" "${line#* }"
    done
    echo "ProxyPass \"$3\" \"unix:$socket|uwsgi://uwsgi-uds-$5\" retry=0 acquire=1 " |
        sudo tee -a "$(apache_site_config_for "$5")" >/dev/null
    sudo a2ensite "$5"
    $SYSTEMCTL restart apache2
}
function remove_uwsgi_config {
    called "$@"
    rm -rf "$1"
    sudo a2dissite "$2"
}
