#include "report/sources.h"

#include <algorithm>

#include "report/history.h"

namespace posthorn::report {
namespace {

// Ends of host names and of signing domains that belong to services that send for others.
struct Service {
  std::string_view domain, name;
};
constexpr Service services[] = {
    {"google.com", "Google"},           {"googlemail.com", "Google"},          {"gappssmtp.com", "Google Workspace"}, {"outlook.com", "Microsoft 365"},
    {"onmicrosoft.com", "Microsoft 365"}, {"amazonses.com", "Amazon SES"},     {"mcsv.net", "Mailchimp"},             {"mcdlv.net", "Mailchimp"},
    {"mandrillapp.com", "Mailchimp"},   {"rsgsv.net", "Mailchimp"},            {"sendgrid.net", "SendGrid"},          {"mailgun.org", "Mailgun"},
    {"mailgun.net", "Mailgun"},         {"mtasv.net", "Postmark"},             {"postmarkapp.com", "Postmark"},       {"messagingengine.com", "Fastmail"},
    {"protonmail.ch", "Proton Mail"},   {"proton.me", "Proton Mail"},          {"zoho.com", "Zoho"},                  {"zoho.eu", "Zoho"},
    {"yahoo.com", "Yahoo"},             {"icloud.com", "Apple iCloud"},        {"apple.com", "Apple iCloud"},         {"mailjet.com", "Mailjet"},
    {"sendinblue.com", "Brevo"},        {"brevo.com", "Brevo"},                {"hubspot.com", "HubSpot"},            {"hubspotemail.net", "HubSpot"},
    {"salesforce.com", "Salesforce"},   {"exacttarget.com", "Salesforce"},     {"zendesk.com", "Zendesk"},            {"freshdesk.com", "Freshdesk"},
    {"sparkpostmail.com", "SparkPost"}, {"mimecast.com", "Mimecast"},          {"pphosted.com", "Proofpoint"},        {"ppe-hosted.com", "Proofpoint"},
    {"barracudanetworks.com", "Barracuda"}, {"ovh.net", "OVH"},                {"gandi.net", "Gandi"},                {"kundenserver.de", "IONOS"},
    {"mailbox.org", "mailbox.org"},     {"gmx.net", "GMX"},                    {"web.de", "WEB.DE"},                  {"migadu.com", "Migadu"},
    {"atlassian.net", "Atlassian"},     {"github.com", "GitHub"},              {"shopify.com", "Shopify"},            {"cloudflare-email.net", "Cloudflare"},
};

const Service* service_of(std::string_view name) {
  const auto found = std::ranges::find_if(services, [name](const Service& one) { return is_at_or_below(name, one.domain); });
  return found == std::end(services) ? nullptr : found;
}

}  // namespace

std::string_view name_of(SourceKind kind) {
  switch (kind) {
    case SourceKind::own: return "own";
    case SourceKind::service: return "service";
    case SourceKind::forwarder: return "forwarder";
    case SourceKind::unknown: return "unknown";
  }
  return "unknown";
}

Source source_of(const Row& row, std::string_view ptr, const std::vector<std::string>& own_addresses) {
  const std::string host = ptr.empty() ? row.source_ip : std::string(ptr);
  if (std::ranges::find(own_addresses, row.source_ip) != own_addresses.end()) return {SourceKind::own, host, "it is an address of this server"};
  // Our own signature that survived, from an address that SPF does not know: somebody passed the message on.
  const bool spf_passes = std::ranges::any_of(row.spf, [](const SpfSeen& one) { return one.result == "pass"; });
  if (row.dkim_aligned && !spf_passes) {
    const auto* by = service_of(ptr);
    return {SourceKind::forwarder, by != nullptr ? std::string(by->name) : host, "the signature is good, but the address is none that may send: it was passed on"};
  }
  if (const auto* one = service_of(ptr)) return {SourceKind::service, std::string(one->name), "its name is " + std::string(ptr)};
  for (const auto& signature : row.dkim)
    if (const auto* one = service_of(signature.domain); one != nullptr && signature.result == "pass")
      return {SourceKind::service, std::string(one->name), "it signs as " + signature.domain};
  return {SourceKind::unknown, host, ptr.empty() ? "the address has no name in the DNS" : "its name is " + std::string(ptr)};
}

}  // namespace posthorn::report
