// forms_deep.c - the library behind the library of this test.
int deep = 7;
