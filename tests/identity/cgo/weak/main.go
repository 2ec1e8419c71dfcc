// Weak symbols: several definitions of which one counts, one that a strong definition replaces, and imports that may be
// missing at run time.
package main

/*
int pick(void);
int fallback(void);
int maybe(void);
*/
import "C"

import "fmt"

func main() {
	fmt.Println(C.pick(), C.fallback(), C.maybe())
}
