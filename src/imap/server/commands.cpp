#include "imap/server/commands.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "imap/grammar/tokens.h"

namespace posthorn::imap {
namespace {

constexpr unsigned before_login = static_cast<unsigned>(State::not_authenticated);
constexpr unsigned selected = static_cast<unsigned>(State::selected);
constexpr unsigned logged_in = static_cast<unsigned>(State::authenticated) | selected;
constexpr unsigned always = before_login | logged_in;
constexpr auto held_back = Expunges::held_back;
constexpr auto told = Expunges::told;
constexpr auto uid = Numbers::uid;

// rfc:9051#6. Those used most stand first.
constexpr std::array commands{
    Command{"UID FETCH", fetch, selected, told, uid},
    Command{"UID STORE", store_flags, selected, told, uid},
    Command{"UID SEARCH", search, selected, told, uid},
    Command{"FETCH", fetch, selected, held_back},
    Command{"STORE", store_flags, selected, held_back},
    Command{"SEARCH", search, selected, held_back},
    Command{"NOOP", noop, always},
    Command{"IDLE", idle, logged_in},
    Command{"SELECT", select, logged_in},
    Command{"STATUS", status, logged_in},
    Command{"LIST", list, logged_in},
    Command{"APPEND", append, logged_in},
    Command{"UID COPY", copy, selected, told, uid},
    Command{"UID MOVE", move, selected, told, uid},
    Command{"UID EXPUNGE", expunge, selected, told, uid},
    Command{"COPY", copy, selected, held_back},
    Command{"MOVE", move, selected},
    Command{"EXPUNGE", expunge, selected},
    Command{"CAPABILITY", capability, always},
    Command{"LOGIN", login, before_login},
    Command{"AUTHENTICATE", authenticate, before_login},
    Command{"STARTTLS", starttls, before_login},
    Command{"LOGOUT", logout, always},
    Command{"ID", id, always},
    Command{"ENABLE", enable, logged_in},
    Command{"NAMESPACE", name_space, logged_in},
    Command{"EXAMINE", examine, logged_in},
    Command{"LSUB", lsub, logged_in},
    Command{"CREATE", create, logged_in},
    Command{"DELETE", delete_mailbox, logged_in},
    Command{"RENAME", rename, logged_in},
    Command{"SUBSCRIBE", subscribe, logged_in},
    Command{"UNSUBSCRIBE", unsubscribe, logged_in},
    Command{"CHECK", check, selected},
    Command{"CLOSE", close, selected},
    Command{"UNSELECT", unselect, selected},
};

}  // namespace

const Command* take_command(Cursor& in) {
  const auto start = in.position();
  auto word = take_atom(in);
  if (!word) return nullptr;
  auto name = *word;
  if (equal_icase(name, "UID") && take_space(in)) {
    const auto second = take_atom(in);
    if (!second) return nullptr;
    Cursor whole(in);
    whole.seek(start);
    name = whole.rest().substr(0, in.position() - start);
  }
  const auto found = std::ranges::find_if(commands, [name](const Command& command) { return equal_icase(command.name, name); });
  return found == commands.end() ? nullptr : &*found;
}

}  // namespace posthorn::imap
