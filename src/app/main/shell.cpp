#include "app/command/shell.h"

#include <CLI/CLI.hpp>
#include <cstdio>

namespace posthorn::app {
namespace {

struct Command {
  std::string path;  // "account add"; empty: posthorn itself
  const CLI::App* app = nullptr;
};

// Others are started by Posthorn itself.
bool is_for_people(const CLI::App* command) { return !command->get_group().empty(); }

// All commands, parents before children.
std::vector<Command> commands_of(const CLI::App& app) {
  std::vector<Command> out{{"", &app}};
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto at = out[i];
    for (const auto* child : at.app->get_subcommands(is_for_people))
      out.push_back({at.path.empty() ? child->get_name() : at.path + " " + child->get_name(), child});
  }
  return out;
}

std::string words_of(const CLI::App& app) {
  std::string out;
  for (const auto* child : app.get_subcommands(is_for_people)) out += child->get_name() + " ";
  for (const auto* option : app.get_options())
    for (const auto& name : option->get_lnames()) out += "--" + name + " ";
  return out;
}

void print_bash(const CLI::App& app) {
  std::puts("_posthorn() {\n  local path= word words\n  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n    case \"$word\" in -*) ;; *) path=\"$path $word\" ;; esac\n  done\n  case \"${path# }\" in");
  for (const auto& command : commands_of(app)) std::printf("    \"%s\") words=\"%s\" ;;\n", command.path.c_str(), words_of(*command.app).c_str());
  std::puts("    *) words= ;;\n  esac\n  COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n  [ -n \"${COMPREPLY[*]}\" ] || COMPREPLY=($(compgen -f -- \"${COMP_WORDS[COMP_CWORD]}\"))\n}\ncomplete -F _posthorn posthorn");
}

void print_fish(const CLI::App& app) {
  std::puts("complete -c posthorn -f");
  for (const auto& command : commands_of(app)) {
    const std::string when = command.path.empty() ? "__fish_use_subcommand" : "__fish_seen_subcommand_from " + command.path.substr(command.path.rfind(' ') + 1);
    for (const auto* child : command.app->get_subcommands(is_for_people))
      std::printf("complete -c posthorn -n '%s' -a %s\n", when.c_str(), child->get_name().c_str());
    for (const auto* option : command.app->get_options())
      for (const auto& name : option->get_lnames()) std::printf("complete -c posthorn -n '%s' -l %s\n", when.c_str(), name.c_str());
  }
}

// roff takes a line that begins with '.' or ''' as a request, and a bare '-' as a hyphen.
std::string roff(const std::string& text) {
  std::string out;
  bool line_start = true;
  for (const char c : text) {
    if (line_start && (c == '.' || c == '\'')) out += "\\&";
    if (c == '-') out += "\\-";
    else if (c == '\\') out += "\\e";
    else out += c;
    line_start = c == '\n';
  }
  return out;
}

void print_option(const CLI::Option& option) {
  std::printf(".TP\n.B %s\n%s\n", roff(option.get_name(option.get_positional(), true)).c_str(), roff(option.get_description()).c_str());
}

}  // namespace

int completion_command(const CLI::App& app, const std::string& shell) {
  if (shell == "zsh") std::puts("autoload -U +X bashcompinit && bashcompinit");
  if (shell == "fish") print_fish(app);
  else print_bash(app);
  return 0;
}

int man_command(const CLI::App& app) {
  std::puts(".TH POSTHORN 8 \"\" \"Posthorn\" \"System administration\"\n.SH NAME\nposthorn \\- the whole of email in one program\n.SH SYNOPSIS\n.B posthorn\n[\\-\\-config FILE] [\\-\\-json] COMMAND ...\n.SH DESCRIPTION\n"
            "Posthorn takes in mail for your domains, keeps it, gives it to mail apps by IMAP, POP3 and JMAP and to browsers,\n"
            "and sends what your people write.\n"
            "Commands work on the running server, or on its data folder when no server runs.\n.SH OPTIONS");
  for (const auto* option : app.get_options()) print_option(*option);
  std::puts(".SH COMMANDS");
  for (const auto& command : commands_of(app)) {
    if (command.path.empty()) continue;
    std::printf(".SS %s\n%s\n", roff(command.path).c_str(), roff(command.app->get_description()).c_str());
    for (const auto* option : command.app->get_options())
      if (option->get_name() != "--help") print_option(*option);
  }
  std::puts(".SH FILES\n.TP\n.I /etc/posthorn/posthorn.toml\nThe configuration. Every key is explained in the example that comes with Posthorn.\n"
            ".SH ENVIRONMENT\n.TP\n.B POSTHORN_CONFIG\nThe configuration file, where \\-\\-config is not given.\n.SH EXIT STATUS\n0: done. 1: it could not be done. 2: bad input. 70: a fault of Posthorn's own.");
  return 0;
}

}  // namespace posthorn::app
