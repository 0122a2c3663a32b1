#!/bin/bash
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

# The DevStack plugin of flavorsvc. DevStack sources this file once for each phase:
#
#   stack pre-install   look whether what it needs is there, before an hour of stacking
#   stack install       install it and its client
#   stack post-config   write its files, make its account
#   stack extra         make database, virtual host and keys, enter it in the catalogue, start it
#   stack test-config   wait for the regions, import FLAVORSVC_CATALOG
#   unstack             stop it; take it out of Keystone, the broker and the database server
#   clean               remove its files
#
# unstack takes out what is outside of this machine's files, for when clean is called, clean.sh has
# already stopped Keystone, the broker and the database server.

# shellcheck shell=bash

_XTRACE_FLAVORSVC=$(set +o | grep xtrace)
set +o xtrace

FLAVORSVC_USER=flavorsvc
FLAVORSVC_BIN_DIR=$(get_python_exec_prefix)
FLAVORSVC_UWSGI=flavorsvc.cmd.wsgi:application
FLAVORSVC_UWSGI_CONF=$FLAVORSVC_CONF_DIR/flavorsvc-api-uwsgi.ini
FLAVORSVC_POLICY_FILE=$FLAVORSVC_CONF_DIR/policy.yaml

# is_flavorsvc_enabled() - for is_service_enabled: does any of it run on this machine?
function is_flavorsvc_enabled {
    [[ ,${ENABLED_SERVICES}, =~ ,flavorsvc-(api|cond), ]]
}

# flavorsvc_manage() - run flavorsvc-manage with the configuration of this machine
function flavorsvc_manage {
    "$FLAVORSVC_BIN_DIR/flavorsvc-manage" --config-file "$FLAVORSVC_CONF" "$@"
}

# flavorsvc_openstack() - run the openstack command as a cloud of DevStack's clouds.yaml
#
# unstack.sh has the variables of the user demo in its environment, which go before that file.
function flavorsvc_openstack {
    local cloud=$1
    shift
    (
        # shellcheck disable=SC2086  # one word for each name
        unset ${!OS_*}
        openstack --os-cloud "$cloud" "$@"
    )
}

# has_flavorsvc_vhost() - is there a virtual host of its own, on a broker of this machine?
function has_flavorsvc_vhost {
    is_service_enabled rabbit && [[ -n "$FLAVORSVC_RABBIT_VHOST" ]]
}


# stack
# -----

# check_flavorsvc() - die where something is missing that no later phase could mend
function check_flavorsvc {
    if ! is_service_enabled flavorsvc; then
        return
    fi
    if [[ -z "$DATABASE_TYPE" ]]; then
        die $LINENO "flavorsvc needs a database server: enable_service mysql, or postgresql"
    fi
    if [[ -z "$(get_transport_url)" ]]; then
        die $LINENO "flavorsvc needs RabbitMQ: enable_service rabbit, or set RABBIT_HOST"
    fi
    if [[ "$FLAVORSVC_COMPUTE_REGION" == "$REGION_NAME" ]]; then
        die $LINENO "FLAVORSVC_COMPUTE_REGION is $REGION_NAME, the region that has a Nova"
    fi
    if [[ -n "$FLAVORSVC_CATALOG" && ! -r "$FLAVORSVC_CATALOG" ]]; then
        die $LINENO "FLAVORSVC_CATALOG is $FLAVORSVC_CATALOG, which cannot be read"
    fi
}

# install_flavorsvc() - install it with the driver of the database, or its client alone
function install_flavorsvc {
    local extras=client
    if is_service_enabled flavorsvc; then
        # the extras have the names of DevStack's database services
        extras+=,$DATABASE_TYPE
    fi
    setup_develop "$FLAVORSVC_DIR" "$extras"
}

# configure_flavorsvc() - write flavorsvc.conf and the policy file
function configure_flavorsvc {
    sudo install -d -o "$STACK_USER" "$FLAVORSVC_CONF_DIR"
    # it holds passwords
    install -m 600 /dev/null "$FLAVORSVC_CONF"

    setup_logging "$FLAVORSVC_CONF"
    iniset "$FLAVORSVC_CONF" DEFAULT debug "$ENABLE_DEBUG_LOG_LEVEL"
    if [[ -n "$FLAVORSVC_LOG_DIR" ]]; then
        sudo install -d -o "$STACK_USER" "$FLAVORSVC_LOG_DIR"
        iniset "$FLAVORSVC_CONF" DEFAULT log_dir "$FLAVORSVC_LOG_DIR"
    fi
    iniset_rpc_backend flavorsvc "$FLAVORSVC_CONF" DEFAULT "$FLAVORSVC_RABBIT_VHOST"
    # what DevStack calls utf8 leaves out characters that a description may have
    iniset "$FLAVORSVC_CONF" database connection \
        "$(database_connection_url "$FLAVORSVC_DATABASE" |
            sed -E 's/([?&]charset=utf8)(&|$)/\1mb4\2/')"

    configure_keystone_authtoken_middleware "$FLAVORSVC_CONF" "$FLAVORSVC_USER"
    iniset "$FLAVORSVC_CONF" keystone_authtoken region_name "$KEYSTONE_REGION_NAME"
    iniset "$FLAVORSVC_CONF" keystone_authtoken service_token_roles_required True
    configure_keystoneauth "$FLAVORSVC_CONF" "$FLAVORSVC_USER" cloud
    if is_service_enabled tls-proxy; then
        iniset "$FLAVORSVC_CONF" cloud cafile "$SSL_BUNDLE_FILE"
    fi
    # the links in answers are https where the proxy before Apache speaks TLS
    iniset "$FLAVORSVC_CONF" oslo_middleware enable_proxy_headers_parsing True

    iniset "$FLAVORSVC_CONF" cloud default_region "$REGION_NAME"
    iniset "$FLAVORSVC_CONF" cloud ignored_regions \
        "$FLAVORSVC_COMPUTE_REGION${FLAVORSVC_IGNORED_REGIONS:+,$FLAVORSVC_IGNORED_REGIONS}"
    iniset "$FLAVORSVC_CONF" compute_api enabled "$FLAVORSVC_COMPUTE_API"
    iniset "$FLAVORSVC_CONF" compute_api install_regions "$FLAVORSVC_REGIONS"
    iniset "$FLAVORSVC_CONF" audit default_policy "$FLAVORSVC_DRIFT_POLICY"
    iniset "$FLAVORSVC_CONF" engine workers "$FLAVORSVC_CONDUCTOR_WORKERS"
    iniset "$FLAVORSVC_CONF" credentials key_repository \
        "$FLAVORSVC_CONF_DIR/credential-keys"
    iniset "$FLAVORSVC_CONF" oslo_policy policy_file "$FLAVORSVC_POLICY_FILE"

    # every rule with its default, commented out, for whoever wants another
    "$FLAVORSVC_BIN_DIR/oslopolicy-sample-generator" --namespace flavorsvc \
        --output-file "$FLAVORSVC_POLICY_FILE"
}

# configure_flavorsvc_api() - let Apache and uWSGI serve the API
function configure_flavorsvc_api {
    # write_uwsgi_config adds to what a former run left there
    sudo rm -f "$(apache_site_config_for flavorsvc-api)"
    write_uwsgi_config "$FLAVORSVC_UWSGI_CONF" "$FLAVORSVC_UWSGI" /flavorsvc "" flavorsvc-api
    iniset "$FLAVORSVC_UWSGI_CONF" uwsgi processes "$FLAVORSVC_API_WORKERS"
    iniset "$FLAVORSVC_UWSGI_CONF" uwsgi threads "$FLAVORSVC_API_THREADS"
    iniset "$FLAVORSVC_UWSGI_CONF" uwsgi env "FLAVORSVC_CONFIG_FILES=$FLAVORSVC_CONF"
    # takes its socket with it
    iniset "$FLAVORSVC_UWSGI_CONF" uwsgi vacuum true
}

# init_flavorsvc() - make what is shared by all its processes, on the machine of the API
function init_flavorsvc {
    # those of a former run would go on with tables that are no more
    stop_flavorsvc
    recreate_database "$FLAVORSVC_DATABASE"
    flavorsvc_manage db sync
    flavorsvc_manage credential setup
    if has_flavorsvc_vhost; then
        rpc_backend_add_vhost "$FLAVORSVC_RABBIT_VHOST"
    fi

    local options=()
    if [[ "$FLAVORSVC_COMPUTE_API" == "True" ]]; then
        options+=(--compute-region "$FLAVORSVC_COMPUTE_REGION")
    fi
    flavorsvc_manage catalog register --url "$FLAVORSVC_SERVICE_URL" --region "$REGION_NAME" \
        "${options[@]}"
}

# list_flavorsvc() - list in this region where flavorsvc is, which runs elsewhere
function list_flavorsvc {
    local url=$FLAVORSVC_SERVICE_URL/v1
    get_or_create_service flavorsvc flavorsvc "One catalogue of flavors for all regions"
    get_or_create_endpoint flavorsvc "$REGION_NAME" "$url" "$url" "$url"
}

# start_flavorsvc() - start what is enabled here, and wait until the API answers
function start_flavorsvc {
    run_process flavorsvc-cond \
        "$FLAVORSVC_BIN_DIR/flavorsvc-conductor --config-file $FLAVORSVC_CONF"
    run_process flavorsvc-api \
        "$(type -P uwsgi) --procname-prefix flavorsvc-api --ini $FLAVORSVC_UWSGI_CONF"
    if is_service_enabled flavorsvc-api; then
        echo "Waiting for flavorsvc-api and a conductor..."
        if ! wait_for_service "$SERVICE_TIMEOUT" "$FLAVORSVC_SERVICE_URL/healthcheck"; then
            die $LINENO "flavorsvc-api, or the conductor behind it, did not start"
        fi
    fi
}

# fill_flavorsvc() - wait for the regions that it is to look after, and import the catalogue
function fill_flavorsvc {
    local regions=${FLAVORSVC_REGIONS//,/ } region options=()
    for region in $regions; do
        options+=(--install "$region")
    done
    # those that are to come later are not waited for
    if [[ "$regions" == "all" ]]; then
        regions=$REGION_NAME
    fi
    local show="openstack --os-cloud devstack-admin flavorsvc region show -f value -c state"
    for region in $regions; do
        test_with_retry "$show $region | grep -Eqx 'up|slow'" \
            "flavorsvc does not reach the Nova of $region" "$SERVICE_TIMEOUT" 1
    done
    if [[ -n "$FLAVORSVC_CATALOG" ]]; then
        openstack --os-cloud devstack-admin flavorsvc catalog import "$FLAVORSVC_CATALOG" \
            "${options[@]}" --wait
    fi
    openstack --os-cloud devstack-admin flavorsvc region list
}


# unstack and clean
# -----------------

# stop_flavorsvc() - stop what runs here
function stop_flavorsvc {
    stop_process flavorsvc-api
    stop_process flavorsvc-cond
}

# forget_flavorsvc() - take it out of Keystone, the broker and the database server
#
# What does not answer is told, and the rest goes on: unstack.sh has to get to its end.
function forget_flavorsvc {
    # The account goes last. Where there is none, somebody has been here before.
    if flavorsvc_openstack devstack-system-admin user show "$FLAVORSVC_USER" \
            --domain "$SERVICE_DOMAIN_NAME" >/dev/null; then
        if ! { flavorsvc_manage catalog unregister &&
                flavorsvc_openstack devstack-system-admin user delete "$FLAVORSVC_USER" \
                    --domain "$SERVICE_DOMAIN_NAME"; }; then
            warn $LINENO "flavorsvc is still in Keystone"
        fi
    fi
    if has_flavorsvc_vhost &&
            sudo rabbitmqctl list_vhosts | grep -qx "$FLAVORSVC_RABBIT_VHOST"; then
        sudo rabbitmqctl delete_vhost "$FLAVORSVC_RABBIT_VHOST" ||
            warn $LINENO "The virtual host $FLAVORSVC_RABBIT_VHOST is still there"
    fi
    drop_flavorsvc_database || warn $LINENO "The database $FLAVORSVC_DATABASE is still there"
}

# drop_flavorsvc_database() - DevStack can only drop a database to make it again
function drop_flavorsvc_database {
    initialize_database_backends
    case $DATABASE_TYPE in
        mysql)
            mysql -u"$DATABASE_USER" -p"$DATABASE_PASSWORD" -h"$MYSQL_HOST" \
                -e "DROP DATABASE IF EXISTS $FLAVORSVC_DATABASE;"
            ;;
        postgresql)
            dropdb --if-exists -h "$DATABASE_HOST" -U "$DATABASE_USER" "$FLAVORSVC_DATABASE"
            ;;
    esac
}

# unlist_flavorsvc() - undo list_flavorsvc
function unlist_flavorsvc {
    local endpoints
    endpoints=$(flavorsvc_openstack devstack-system-admin endpoint list --service flavorsvc \
        --region "$REGION_NAME" -f value -c ID) || endpoints=""
    if [[ -n "$endpoints" ]]; then
        # shellcheck disable=SC2086  # one word for each
        flavorsvc_openstack devstack-system-admin endpoint delete $endpoints ||
            warn $LINENO "flavorsvc is still listed in $REGION_NAME"
    fi
}

# cleanup_flavorsvc() - remove its files
function cleanup_flavorsvc {
    remove_uwsgi_config "$FLAVORSVC_UWSGI_CONF" flavorsvc-api
    sudo rm -f "$(apache_site_config_for flavorsvc-api)"
    sudo rm -rf "$FLAVORSVC_CONF_DIR"
    if [[ -n "$FLAVORSVC_LOG_DIR" ]]; then
        sudo rm -rf "$FLAVORSVC_LOG_DIR"
    fi
}


case "$1 $2" in
    "stack pre-install")
        check_flavorsvc
        ;;
    "stack install")
        echo_summary "Installing flavorsvc"
        install_flavorsvc
        ;;
    "stack post-config")
        if is_service_enabled flavorsvc; then
            echo_summary "Configuring flavorsvc"
            configure_flavorsvc
        fi
        if is_service_enabled flavorsvc-api; then
            create_service_user "$FLAVORSVC_USER" admin
            configure_flavorsvc_api
        fi
        ;;
    "stack extra")
        if is_service_enabled flavorsvc-api; then
            echo_summary "Initializing flavorsvc"
            init_flavorsvc
        elif ! is_service_enabled flavorsvc; then
            list_flavorsvc
        fi
        if is_service_enabled flavorsvc; then
            echo_summary "Starting flavorsvc"
            start_flavorsvc
        fi
        ;;
    "stack test-config")
        if is_service_enabled flavorsvc-api; then
            fill_flavorsvc
        fi
        ;;
    "unstack "*)
        stop_flavorsvc
        if is_service_enabled flavorsvc-api; then
            forget_flavorsvc
        elif ! is_service_enabled flavorsvc; then
            unlist_flavorsvc
        fi
        ;;
    "clean "*)
        cleanup_flavorsvc
        ;;
esac

$_XTRACE_FLAVORSVC
