// app/config/plain_form.h - which lines of posthorn.toml may be given to toml++. Pure. Called by config.cpp before anything is parsed.
// TOML has characters beyond ASCII in texts and comments only, but toml++ 3.3 takes ways that its compiler was told are impossible where they
// stand elsewhere. Nothing that we read needs texts of several lines, which would hide what is elsewhere.
#pragma once

#include <string_view>

namespace posthorn::app {

// `line` without its line end.
bool has_plain_form(std::string_view line);

}  // namespace posthorn::app
