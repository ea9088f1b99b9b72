// A licensed application in C++: what the C functions give is owned by objects, what they refuse is thrown.
//
//   app STATE

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>

#include <postern.h>

namespace licensing {

struct Closes {
    void operator()(PosternVerifier *verifier) const { postern_close(verifier); }
    void operator()(PosternError *error) const { postern_error_free(error); }
};

// Why something was refused.
class Refusal : public std::runtime_error {
public:
    Refusal(PosternResult result, const PosternError *error)
        : std::runtime_error(postern_error_message(error)), result(result), code(postern_error_code(error)),
          advice(postern_error_advice(error)) {}

    PosternResult result;
    std::string code, advice;
};

class Verifier {
public:
    Verifier(const std::string &directory, const std::string &anchor) {
        PosternVerifier *opened = nullptr;
        call([&](PosternError **error) { return postern_open(directory.c_str(), anchor.c_str(), &opened, error); });
        handle.reset(opened);
    }

    PosternGranted check(const std::string &feature) const {
        PosternGranted granted;
        call([&](PosternError **error) { return postern_check(handle.get(), feature.c_str(), &granted, error); });
        return granted;
    }

    PosternBalance consume(const std::string &counter, std::uint64_t units) const {
        PosternBalance balance;
        call([&](PosternError **error) {
            return postern_consume(handle.get(), counter.c_str(), units, &balance, error);
        });
        return balance;
    }

    void set_variable(const std::string &name, const std::string &value) const {
        call([&](PosternError **error) {
            return postern_set_variable(handle.get(), name.c_str(), value.c_str(), error);
        });
    }

    std::string variable(const std::string &name) const {
        char value[257];
        std::size_t length = 0;
        call([&](PosternError **error) {
            return postern_get_variable(handle.get(), name.c_str(), value, sizeof value, &length, error);
        });
        return {value, length};
    }

    // A session that ends with this object.
    class Session {
    public:
        Session(const Verifier &verifier, const std::string &seat_type, const std::string &user) : verifier(verifier) {
            call([&](PosternError **error) {
                return postern_begin_session(verifier.handle.get(), seat_type.c_str(), user.c_str(), false, &session, error);
            });
        }
        ~Session() { postern_end_session(verifier.handle.get(), session.id, nullptr); }
        Session(const Session &) = delete;
        Session &operator=(const Session &) = delete;

    private:
        const Verifier &verifier;
        PosternSession session;
    };

private:
    template <typename Function> static void call(Function function) {
        PosternError *raw = nullptr;
        const PosternResult result = function(&raw);
        const std::unique_ptr<PosternError, Closes> error(raw);
        if (result != POSTERN_OK) throw Refusal(result, error.get());
    }

    std::unique_ptr<PosternVerifier, Closes> handle;
};

} // namespace licensing

int main(int count, char **arguments) {
    if (count != 2) {
        std::cerr << "usage: app STATE\n";
        return EXIT_FAILURE;
    }
    try {
        const licensing::Verifier verifier(arguments[1], "automation@sha256:bff0d2dfea4a2ac1362fc10c42c5b4e3fee4fb0556fb5339a1303942ca7da302");
        const auto tasks = verifier.check("api-tasks");
        const licensing::Verifier::Session session(verifier, "bot-runner", "nightly run");
        const auto balance = verifier.consume("pages", 12);
        verifier.set_variable("line", "7");
        std::cout << tasks.limit << " tasks at once, " << balance.left << " pages left on line "
                  << verifier.variable("line") << '\n';
    } catch (const licensing::Refusal &refusal) {
        std::cerr << refusal.what() << '\n' << refusal.advice << "\n(" << refusal.code << ")\n";
        return refusal.result;
    }
}
