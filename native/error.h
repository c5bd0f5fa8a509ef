// How libbpf's and the kernel's refusals become JavaScript errors: BpfError in src/native/libbpf.ts.
#ifndef NATIVE_ERROR_H_
#define NATIVE_ERROR_H_

#include <napi.h>

#include <string>

// The errno's name, as "EPERM"; libbpf's own codes by libbpf's names.
std::string ErrorName(int error);

// The name and what it means, as "EPERM: operation not permitted".
std::string Reason(int error);

// An Error with `code`, the message "attempt: reason", and as `cause` what libbpf printed, if anything.
// `error` is an errno, of either sign.
Napi::Error BpfError(Napi::Env env, int error, const std::string& attempt, const std::string& log = {});

#endif  // NATIVE_ERROR_H_
