// forms_plugin.c - the plugin of this test: loaded when the program runs, and imports from it and from the library.
#include "forms.h"

const char *const *third_word = &words[3];

__attribute__((constructor)) static void count_again(void) {
    counter++;
}

const char *plugin_word(void) {
    say("in the plugin");
    return *third_word;
}
