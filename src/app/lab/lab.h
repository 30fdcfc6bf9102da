// app/lab/lab.h - the lab: an internet of its own on loopback addresses, for the demo, the tutorial and the end-to-end tests.
// Real DNS (Knot, DNSSEC-signed), a CA of its own, a Posthorn for each domain, accounts with mail in them. No packet leaves the machine.
#pragma once

#include <string>

#include "app/command/output.h"

namespace posthorn::app {

struct LabOptions {
  std::string dir = "/tmp/posthorn-lab";
  bool detach = false;  // up: come back once all is running
  bool keep = false;    // down, and the end of up: leave the files
  bool json = false;
  Format format() const { return json ? Format::json : Format::people; }
};

int lab_up(const LabOptions& options);
int lab_down(const LabOptions& options);
int lab_status(const LabOptions& options);
// Sends a letter and tells each step as it happens, with times. `as`: "" (its sender), "impostor", "forwarder" or "list".
int lab_send(const LabOptions& options, const std::string& from, const std::string& to, const std::string& as);
// One Posthorn of the lab, "green" or "green.test", so that others can be seen waiting for it.
int lab_stop(const LabOptions& options, const std::string& host);
int lab_start(const LabOptions& options, const std::string& host);

}  // namespace posthorn::app
