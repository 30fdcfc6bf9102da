// imap/server/listing.h - which mailboxes LIST and LSUB show (RFC 9051 6.3.9, RFC 3501 6.3.9, RFC 5258 3). Pure.
#pragma once

#include <string>
#include <vector>

#include "imap/grammar/pattern.h"
#include "store/types.h"

namespace posthorn::imap {

struct ListQuery {
  std::vector<Pattern> patterns;
  bool subscribed = false;      // selection options
  bool special_use = false;
  bool recursive = false;       // also parents of what the options select but the patterns do not
};

struct Listed {
  std::string name;
  const store::Mailbox* mailbox = nullptr;  // nothing: it only stands above others
  bool selected = false;                    // by the options; else it is here for what is below it
  bool has_children = false;
  bool child_info = false;                  // RFC 5258 CHILDINFO
};

// In order of names. Points into `mailboxes`.
std::vector<Listed> matching(const std::vector<store::Mailbox>& mailboxes, const ListQuery& query);

}  // namespace posthorn::imap
