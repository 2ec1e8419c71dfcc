// shadow.c - the names of other.go once more.
static int hidden(int x) { return x * 3; }
static int counter = 500;
int shadow(void) { return hidden(counter++); }
