// store/search/terms.h - what the index of words keeps of a message: a letter for where it stands, and the word. Pure.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "mail/message.h"
#include "mail/summary.h"

namespace posthorn::store::search {

enum class Field : char { from = 'f', to = 't', cc = 'c', bcc = 'b', subject = 's', body = 'y' };

std::string word_term(Field field, std::string_view word);
std::string attachment_term();
// That there is a field of this name. Empty: the name is longer than those that are kept.
std::string header_term(std::string_view name);
// A word in a field of this name; empty: the words of this field are not kept.
std::string header_word_term(std::string_view name, std::string_view word);

// Each term once or more often. Without a message (it cannot be read) there are only those of the summary.
void each_term(const mail::Summary& summary, const mail::Message* message, const std::function<void(std::string_view term)>& take);

}  // namespace posthorn::store::search
