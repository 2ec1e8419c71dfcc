// The time zone data base, linked in as one long string.
package main

import (
	"fmt"
	"time"
	_ "time/tzdata"
)

func main() {
	zone, err := time.LoadLocation("Europe/Zurich")
	fmt.Println(time.Unix(0, 0).In(zone), err)
}
