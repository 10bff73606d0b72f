#include "mho/study/task.h"

namespace mho::study {

const Record* first_of(const Work& work, std::string_view kind) {
  for (const auto& record : work.records) {
    if (record.piece.kind == kind) return &record;
  }
  return nullptr;
}

std::vector<nlohmann::ordered_json> all_of(const Work& work, std::string_view kind) {
  std::vector<nlohmann::ordered_json> out;
  for (const auto& record : work.records) {
    if (record.piece.kind == kind) out.push_back(record.values);
  }
  return out;
}

}  // namespace mho::study
