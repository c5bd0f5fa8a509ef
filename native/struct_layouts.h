// Layouts of an object's structs, from its BTF: StructLayout in src/native/libbpf.ts.
#ifndef NATIVE_STRUCT_LAYOUTS_H_
#define NATIVE_STRUCT_LAYOUTS_H_

#include <bpf/btf.h>
#include <napi.h>

// All named structs by name; no object BTF gives none.
Napi::Object StructLayouts(Napi::Env env, const btf* types);

#endif  // NATIVE_STRUCT_LAYOUTS_H_
