// trust/spf/lookups.h - what one SPF check asks the DNS: looked up in Answers, counted against the limits, compared with the client's address.
// What is missing or fails is remembered, and its caller unwinds by return values. Inside src/trust/spf.
// Security: who publishes the record chooses how much is asked: 10 terms, 2 that find nothing, 10 names of an MX or PTR (attacks.md C8).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "trust/spf/record.h"
#include "trust/spf/spf.h"

namespace posthorn::trust::spf {

std::string normal_name(std::string_view name);  // lower case, without a final dot
bool is_at_or_below(std::string_view name, std::string_view domain);

class Lookups {
 public:
  enum class Found : std::uint8_t { yes, no, missing, error, limit };

  // Counts are kept in `verdict`.
  Lookups(std::string_view client, Answers& answers, const Limits& limits, Verdict& verdict)
      : client_(client), ip_(address_octets(client)), answers_(answers), limits_(limits), verdict_(verdict) {}

  const std::string& ip() const { return ip_; }       // octets; empty: that is no address
  bool missing() const { return missing_; }           // an answer is not there yet
  const std::string& trouble() const { return trouble_; }              // after Found::error
  const std::string& limit_trouble() const { return limit_trouble_; }  // after Found::limit, or spend() said no

  // Null: it is missing.
  const dns::Answer* ask(std::string_view name, dns::Type type);
  // One more term that asks the DNS.
  bool spend();
  // The mechanisms "a", "mx", "ptr" and "exists" for a name.
  Found address(std::string_view name, const Mechanism& mechanism);
  Found mx(std::string_view name, const Mechanism& mechanism);
  Found ptr(std::string_view name);
  Found exists(std::string_view name);
  // rfc:7208#5.5: the names of the address that lead back to it, at most ten.
  std::vector<std::string> validated_names();

 private:
  Found in_addresses(const dns::Answer* answer, const Mechanism& mechanism) const;
  bool is_void(const dns::Answer& answer);
  dns::Type address_type() const { return ip_.size() == 16 ? dns::Type::aaaa : dns::Type::a; }

  std::string client_, ip_;
  Answers& answers_;
  const Limits& limits_;
  Verdict& verdict_;
  bool missing_ = false;
  std::string trouble_, limit_trouble_;
};

}  // namespace posthorn::trust::spf
