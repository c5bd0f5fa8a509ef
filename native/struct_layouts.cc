#include "struct_layouts.h"

#include <string>

namespace {

// Reads one BTF; anonymous structs and unions inside a struct give their members to it.
class Reader {
 public:
  Reader(Napi::Env env, const btf* types) : env_(env), types_(types) {}

  Napi::Object Layout(const btf_type* type) {
    Napi::Object layout = Napi::Object::New(env_);
    Napi::Array fields = Napi::Array::New(env_);
    AddMembers(fields, type, 0);
    layout.Set("name", Name(type));
    layout.Set("size", type->size);
    layout.Set("fields", fields);
    return layout;
  }

  std::string Name(const btf_type* type) const { return btf__name_by_offset(types_, type->name_off); }

 private:
  void AddMembers(Napi::Array fields, const btf_type* type, uint32_t base) {
    const btf_member* members = btf_members(type);
    for (int i = 0; i < btf_vlen(type); i++) {
      const uint32_t offset = base + btf_member_bit_offset(type, i) / 8;
      const std::string name = btf__name_by_offset(types_, members[i].name_off);
      const btf_type* member = Resolve(members[i].type);
      if (name.empty() && btf_is_composite(member)) {
        AddMembers(fields, member, offset);
      } else {
        fields.Set(fields.Length(), Field(name, offset, members[i].type));
      }
    }
  }

  Napi::Object Field(const std::string& name, uint32_t offset, uint32_t type_id) {
    Napi::Object field = Napi::Object::New(env_);
    const btf_type* type = Resolve(type_id);
    uint32_t length = 0;
    while (btf_is_array(type)) {
      length = (length == 0 ? 1 : length) * btf_array(type)->nelems;
      type = Resolve(btf_array(type)->type);
    }
    field.Set("name", name);
    field.Set("offset", offset);
    field.Set("size", static_cast<double>(btf__resolve_size(types_, type_id)));
    field.Set("type", TypeName(type));
    if (length > 0) field.Set("length", length);
    return field;
  }

  std::string TypeName(const btf_type* type) const {
    if (btf_is_ptr(type)) return "ptr";
    if (btf_is_composite(type)) return "struct " + Name(type);
    const bool is_signed = btf_is_int(type) && (btf_int_encoding(type) & BTF_INT_SIGNED);
    return (is_signed ? "i" : "u") + std::to_string(type->size * 8);
  }

  const btf_type* Resolve(uint32_t id) const {
    const btf_type* type = btf__type_by_id(types_, id);
    while (btf_is_mod(type) || btf_is_typedef(type)) type = btf__type_by_id(types_, type->type);
    return type;
  }

  Napi::Env env_;
  const btf* types_;
};

}  // namespace

Napi::Object StructLayouts(Napi::Env env, const btf* types) {
  Napi::Object layouts = Napi::Object::New(env);
  if (types == nullptr) return layouts;
  Reader reader(env, types);
  for (uint32_t id = 1; id < btf__type_cnt(types); id++) {
    const btf_type* type = btf__type_by_id(types, id);
    if (btf_is_struct(type) && !reader.Name(type).empty()) layouts.Set(reader.Name(type), reader.Layout(type));
  }
  return layouts;
}
