#!/bin/sh
# OpenDKIM signs plain/*.eml of a folder that cross_test.cpp prepared, into theirs/.
cd "$1" || exit 1
for message in plain/*.eml; do
  opendkim-testmsg -C -d cross.example -s rsa -k rsa.pem -t . <"$message" >"theirs/opendkim-${message##*/}" 2>/dev/null ||
    rm "theirs/opendkim-${message##*/}"  # it refuses some odd headers
done
