// trust/survey/parts.h - the single checks behind survey.h. Each gives nothing while it misses answers. Internal to src/trust/survey.
#pragma once

#include "trust/survey/survey.h"

namespace posthorn::trust::survey {

// hosts.cpp: where mail goes, and how safely.
std::optional<Finding> check_mx(const std::string& domain, Answers& answers);
std::optional<Finding> check_dane(const std::string& domain, Dnssec dnssec, Answers& answers);
std::optional<Finding> check_mta_sts(const std::string& domain, Answers& answers);
std::optional<Finding> check_tls_rpt(const std::string& domain, Answers& answers);
// senders.cpp: who may write in the domain's name.
std::optional<Finding> check_spf(const std::string& domain, Answers& answers);
std::optional<Finding> check_selector(const std::string& domain, const std::string& selector, Answers& answers);
std::optional<Finding> check_dmarc(const std::string& domain, Answers& answers);
std::optional<Finding> check_bimi(const std::string& domain, Answers& answers);

Finding unknown(std::string subject, const dns::Answer& answer);
std::vector<std::string> texts_beginning(const dns::Answer& answer, std::string_view with);

}  // namespace posthorn::trust::survey
