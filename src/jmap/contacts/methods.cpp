#include "jmap/contacts/methods.h"

namespace posthorn::jmap {
namespace {

constexpr std::string_view contacts = "urn:ietf:params:jmap:contacts";
constexpr Method methods[] = {
    {"AddressBook/get", contacts, book_get},
    {"AddressBook/changes", contacts, book_changes},
    {"AddressBook/set", contacts, book_set},
    {"ContactCard/get", contacts, card_get},
    {"ContactCard/changes", contacts, card_changes},
    {"ContactCard/query", contacts, card_query},
    {"ContactCard/queryChanges", contacts, card_query_changes},
    {"ContactCard/set", contacts, card_set},
    {"ContactCard/copy", contacts, card_copy},
};

}  // namespace

std::span<const Method> contacts_methods() { return methods; }

boost::json::object contacts_capability(const Services&) { return {{"maxAddressBooksPerCard", nullptr}, {"mayCreateAddressBook", true}}; }

}  // namespace posthorn::jmap
