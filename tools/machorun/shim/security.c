// security.c - the verification of certificates, against the roots that Linux trusts.
//
// WHAT  A Go program on macOS without roots of its own asks Security: it makes certificates from DER, a policy for TLS
//       with the name of the host, a trust of both, and has it evaluated; then it reads the chain, or an error whose
//       code it knows (expired, other host, not trusted).
// HOW   OpenSSL's libcrypto does the same with the certificates of the system (/etc/ssl, or SSL_CERT_FILE). It is looked
//       for when a program first evaluates a trust, so that machorun needs it neither to be built nor to run other
//       programs; without it, evaluating ends the program with one line that says so.
// REF   crypto/x509/internal/macos/security.go, crypto/x509/root_darwin.go; codes: Security/SecBase.h and cssmerr.h.
//       OpenSSL: the manual pages of X509_verify_cert, X509_STORE_CTX_get_error and X509_VERIFY_PARAM_set_flags.
#include "machorun/shim/darwin.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

enum { ERR_SEC_PARAM = -50 };

// The places of a trust's items.
enum { TRUST_CERTIFICATES, TRUST_POLICIES, TRUST_DATE, TRUST_CHAIN, TRUST_ITEMS };

// ---- libcrypto ------------------------------------------------------------------------------------------------------

// OpenSSL's types are opaque here.
typedef void X509, Stack, Store, StoreContext, VerifyParam;

static struct {
    X509 *(*d2i_X509)(X509 **, const u8 **, long);
    int (*i2d_X509)(const X509 *, u8 **);
    void (*CRYPTO_free)(void *, const char *, int);
    int (*OPENSSL_init_crypto)(u64, const void *);
    void (*X509_free)(X509 *);
    Stack *(*OPENSSL_sk_new_null)(void);
    int (*OPENSSL_sk_push)(Stack *, const void *);
    int (*OPENSSL_sk_num)(const Stack *);
    void *(*OPENSSL_sk_value)(const Stack *, int);
    void (*OPENSSL_sk_pop_free)(Stack *, void (*)(void *));
    Store *(*X509_STORE_new)(void);
    int (*X509_STORE_set_default_paths)(Store *);
    void (*X509_STORE_free)(Store *);
    StoreContext *(*X509_STORE_CTX_new)(void);
    int (*X509_STORE_CTX_init)(StoreContext *, Store *, X509 *, Stack *);
    VerifyParam *(*X509_STORE_CTX_get0_param)(StoreContext *);
    int (*X509_STORE_CTX_get_error)(StoreContext *);
    Stack *(*X509_STORE_CTX_get0_chain)(StoreContext *);
    void (*X509_STORE_CTX_free)(StoreContext *);
    int (*X509_verify_cert)(StoreContext *);
    const char *(*X509_verify_cert_error_string)(long);
    int (*X509_VERIFY_PARAM_set1_host)(VerifyParam *, const char *, size_t);
    int (*X509_VERIFY_PARAM_set1_ip_asc)(VerifyParam *, const char *);
    int (*X509_VERIFY_PARAM_set_purpose)(VerifyParam *, int);
    void (*X509_VERIFY_PARAM_set_time)(VerifyParam *, time_t);
} ssl;

static void libcrypto_open(void) {
    static const struct {
        const char *name;
        void *slot;
    } functions[] = {
#define FUNCTION(name) {#name, &ssl.name}
        FUNCTION(d2i_X509),
        FUNCTION(i2d_X509),
        FUNCTION(CRYPTO_free),
        FUNCTION(OPENSSL_init_crypto),
        FUNCTION(X509_free),
        FUNCTION(OPENSSL_sk_new_null),
        FUNCTION(OPENSSL_sk_push),
        FUNCTION(OPENSSL_sk_num),
        FUNCTION(OPENSSL_sk_value),
        FUNCTION(OPENSSL_sk_pop_free),
        FUNCTION(X509_STORE_new),
        FUNCTION(X509_STORE_set_default_paths),
        FUNCTION(X509_STORE_free),
        FUNCTION(X509_STORE_CTX_new),
        FUNCTION(X509_STORE_CTX_init),
        FUNCTION(X509_STORE_CTX_get0_param),
        FUNCTION(X509_STORE_CTX_get_error),
        FUNCTION(X509_STORE_CTX_get0_chain),
        FUNCTION(X509_STORE_CTX_free),
        FUNCTION(X509_verify_cert),
        FUNCTION(X509_verify_cert_error_string),
        FUNCTION(X509_VERIFY_PARAM_set1_host),
        FUNCTION(X509_VERIFY_PARAM_set1_ip_asc),
        FUNCTION(X509_VERIFY_PARAM_set_purpose),
        FUNCTION(X509_VERIFY_PARAM_set_time),
#undef FUNCTION
    };
    void *lib = dlopen("libcrypto.so.3", RTLD_NOW);
    if (!lib)
        shim_abort("SecTrustEvaluateWithError",
                   "to verify certificates machorun needs OpenSSL's libcrypto.so.3");
    for (size_t i = 0; i < COUNT_OF(functions); i++) {
        void *f = dlsym(lib, functions[i].name);
        if (!f)
            shim_abort("libcrypto.so.3 lacks", functions[i].name);
        memcpy(functions[i].slot, &f, sizeof f);
    }
    enum { OPENSSL_INIT_NO_ATEXIT = 0x80000 }; // the program may end while another thread is here
    ssl.OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
}

// ---- making ---------------------------------------------------------------------------------------------------------

// The size of the element of DER at p with its tag and size; 0 if n bytes do not tell.
static u64 der_element_size(const u8 *p, u64 n) {
    if (n < 2 || p[1] < 0x80)
        return n < 2 ? 0 : 2u + p[1];
    u32 n_bytes = p[1] & 0x7f; // that the size takes
    if (n_bytes > 4 || n < 2 + n_bytes)
        return 0;
    u64 size = 0;
    for (u32 i = 0; i < n_bytes; i++)
        size = size << 8 | p[2 + i];
    return 2 + n_bytes + size;
}

// A certificate is a SEQUENCE that fills the data; more is checked when it is verified.
static CfObject *shim_SecCertificateCreateWithData(const void *allocator, const CfObject *data) {
    (void)allocator;
    bool is_sequence = data->size > 0 && data->data[0] == 0x30;
    if (!is_sequence || der_element_size(data->data, data->size) != data->size)
        return NULL;
    return cf_new(CF_CERTIFICATE, data->data, data->size);
}

static CfObject *shim_SecCertificateCopyData(const CfObject *certificate) {
    return cf_new(CF_DATA, certificate->data, certificate->size);
}

static CfObject *shim_SecPolicyCreateSSL(bool server, CfObject *host_name) {
    (void)server;
    CfObject *policy = cf_new_items(CF_LIST, 1);
    cf_append(policy, cf_retain(host_name));
    return policy;
}

// An array of the caller's goes away with its elements: the trust keeps a copy with references of its own.
static CfObject *retained_copy(const CfObject *array) {
    CfObject *copy = cf_new_items(CF_LIST, array->size);
    for (u64 i = 0; i < array->size; i++)
        cf_append(copy, cf_retain(array->items[i]));
    return copy;
}

static i32 shim_SecTrustCreateWithCertificates(const CfObject *certificates, const CfObject *policies,
                                               CfObject **out) {
    if (!certificates->size)
        return ERR_SEC_PARAM;
    CfObject *trust = cf_new_items(CF_TRUST, TRUST_ITEMS);
    trust->size = TRUST_ITEMS;
    trust->items[TRUST_CERTIFICATES] = retained_copy(certificates);
    trust->items[TRUST_POLICIES] = retained_copy(policies);
    *out = trust;
    return 0;
}

static i32 shim_SecTrustSetVerifyDate(CfObject *trust, CfObject *date) {
    cf_release(trust->items[TRUST_DATE]);
    trust->items[TRUST_DATE] = cf_retain(date);
    return 0;
}

// ---- evaluating -----------------------------------------------------------------------------------------------------

static X509 *certificate_parse(const CfObject *o) {
    const u8 *p = o->data;
    return ssl.d2i_X509(NULL, &p, (long)o->size);
}

// False when the policy cannot be applied: then nothing may be trusted.
static bool policy_apply(const CfObject *trust, VerifyParam *param) {
    enum { PURPOSE_SSL_SERVER = 2 };
    static const double SECONDS_1970_TO_2001 = 978307200;
    const CfObject *policies = trust->items[TRUST_POLICIES], *date = trust->items[TRUST_DATE];
    if (date)
        ssl.X509_VERIFY_PARAM_set_time(param, (time_t)(date->date + SECONDS_1970_TO_2001));
    if (!ssl.X509_VERIFY_PARAM_set_purpose(param, PURPOSE_SSL_SERVER))
        return false;
    const CfObject *host = policies->size ? policies->items[0]->items[0] : NULL;
    if (!host)
        return true;
    char address[INET6_ADDRSTRLEN + 1];
    u8 ip[16];
    snprintf(address, sizeof address, "%.*s", (int)host->size, (const char *)host->data);
    bool is_address = inet_pton(AF_INET, address, ip) == 1 || inet_pton(AF_INET6, address, ip) == 1;
    if (is_address && strlen(address) == host->size)
        return ssl.X509_VERIFY_PARAM_set1_ip_asc(param, address);
    return host->size && ssl.X509_VERIFY_PARAM_set1_host(param, (const char *)host->data, host->size);
}

static CfObject *chain_of(StoreContext *context) {
    const Stack *chain = ssl.X509_STORE_CTX_get0_chain(context);
    CfObject *out = cf_new_items(CF_LIST, (u64)ssl.OPENSSL_sk_num(chain));
    for (int i = 0; i < ssl.OPENSSL_sk_num(chain); i++) {
        const X509 *x = ssl.OPENSSL_sk_value(chain, i);
        u8 *der = NULL;
        int size = ssl.i2d_X509(x, &der);
        cf_append(out, cf_new(CF_CERTIFICATE, der, (u64)MAX(size, 0)));
        ssl.CRYPTO_free(der, __FILE__, __LINE__);
    }
    return out;
}

// The codes that Go knows; all else is "not trusted".
static CfObject *error_of(StoreContext *context) {
    enum { CERTIFICATE_EXPIRED = -67818, HOST_NAME_MISMATCH = -67602, NOT_TRUSTED = -67843 };
    enum { HAS_EXPIRED = 10, MISMATCH_HOST = 62, MISMATCH_IP = 64 }; // X509_V_ERR_
    int problem = ssl.X509_STORE_CTX_get_error(context);
    const char *text = ssl.X509_verify_cert_error_string(problem);
    CfObject *error = cf_new(CF_ERROR, text, strlen(text));
    error->code = problem == HAS_EXPIRED                               ? CERTIFICATE_EXPIRED
                  : problem == MISMATCH_HOST || problem == MISMATCH_IP ? HOST_NAME_MISMATCH
                                                                       : NOT_TRUSTED;
    return error;
}

// The first certificate is the one in question, the others may be used on the way to a root.
static bool verify(CfObject *trust, StoreContext *context, Store *store, CfObject **error) {
    const CfObject *certificates = trust->items[TRUST_CERTIFICATES];
    X509 *leaf = certificate_parse(certificates->items[0]);
    Stack *others = ssl.OPENSSL_sk_new_null();
    for (u64 i = 1; i < certificates->size; i++) {
        X509 *x = certificate_parse(certificates->items[i]);
        if (x)
            ssl.OPENSSL_sk_push(others, x);
    }
    bool good = leaf && ssl.X509_STORE_CTX_init(context, store, leaf, others) &&
                policy_apply(trust, ssl.X509_STORE_CTX_get0_param(context)) &&
                ssl.X509_verify_cert(context) == 1;
    cf_release(trust->items[TRUST_CHAIN]);
    trust->items[TRUST_CHAIN] = good ? chain_of(context) : NULL;
    if (!good && error)
        *error = error_of(context);
    ssl.OPENSSL_sk_pop_free(others, ssl.X509_free);
    ssl.X509_free(leaf);
    return good;
}

static bool shim_SecTrustEvaluateWithError(CfObject *trust, CfObject **error) {
    static pthread_once_t opened = PTHREAD_ONCE_INIT;
    pthread_once(&opened, libcrypto_open);
    Store *store = ssl.X509_STORE_new();
    ssl.X509_STORE_set_default_paths(store);
    StoreContext *context = ssl.X509_STORE_CTX_new();
    bool good = verify(trust, context, store, error);
    ssl.X509_STORE_CTX_free(context);
    ssl.X509_STORE_free(store);
    return good;
}

static CfObject *shim_SecTrustCopyCertificateChain(const CfObject *trust) {
    return cf_retain(trust->items[TRUST_CHAIN]);
}

const Export exports_security[] = {
    EXPORT(SecCertificateCopyData),
    EXPORT(SecCertificateCreateWithData),
    EXPORT(SecPolicyCreateSSL),
    EXPORT(SecTrustCopyCertificateChain),
    EXPORT(SecTrustCreateWithCertificates),
    EXPORT(SecTrustEvaluateWithError),
    EXPORT(SecTrustSetVerifyDate),
    EXPORTS_END,
};
