// A chain of jumps, one to each import, and a table of their addresses.

#include "textflag.h"

TEXT stub01<>(SB), NOSPLIT, $0-0
	JMP lib01_call(SB)

TEXT stub02<>(SB), NOSPLIT, $0-0
	JMP lib02_call(SB)

TEXT stub03<>(SB), NOSPLIT, $0-0
	JMP lib03_call(SB)

TEXT stub04<>(SB), NOSPLIT, $0-0
	JMP lib04_call(SB)

TEXT stub05<>(SB), NOSPLIT, $0-0
	JMP lib05_call(SB)

TEXT stub06<>(SB), NOSPLIT, $0-0
	JMP lib06_call(SB)

TEXT stub07<>(SB), NOSPLIT, $0-0
	JMP lib07_call(SB)

TEXT stub08<>(SB), NOSPLIT, $0-0
	JMP lib08_call(SB)

TEXT stub09<>(SB), NOSPLIT, $0-0
	JMP lib09_call(SB)

TEXT stub10<>(SB), NOSPLIT, $0-0
	JMP lib10_call(SB)

TEXT stub11<>(SB), NOSPLIT, $0-0
	JMP lib11_call(SB)

TEXT stub12<>(SB), NOSPLIT, $0-0
	JMP lib12_call(SB)

TEXT stub13<>(SB), NOSPLIT, $0-0
	JMP lib13_call(SB)

TEXT stub14<>(SB), NOSPLIT, $0-0
	JMP lib14_call(SB)

TEXT stub15<>(SB), NOSPLIT, $0-0
	JMP lib15_call(SB)

TEXT stub16<>(SB), NOSPLIT, $0-0
	JMP lib16_call(SB)

TEXT stub17<>(SB), NOSPLIT, $0-0
	JMP lib17_call(SB)

TEXT stub18<>(SB), NOSPLIT, $0-0
	JMP lib18_call(SB)

TEXT stub19<>(SB), NOSPLIT, $0-0
	JMP lib19_call(SB)

TEXT stub20<>(SB), NOSPLIT, $0-0
	JMP lib20_call(SB)

TEXT stub21<>(SB), NOSPLIT, $0-0
	JMP lib21_call(SB)

TEXT stub22<>(SB), NOSPLIT, $0-0
	JMP lib22_call(SB)

TEXT stub23<>(SB), NOSPLIT, $0-0
	JMP lib23_call(SB)

TEXT stub24<>(SB), NOSPLIT, $0-0
	JMP lib24_call(SB)

TEXT stub25<>(SB), NOSPLIT, $0-0
	JMP lib25_call(SB)

TEXT stub26<>(SB), NOSPLIT, $0-0
	JMP lib26_call(SB)

TEXT stub27<>(SB), NOSPLIT, $0-0
	JMP lib27_call(SB)

TEXT stub28<>(SB), NOSPLIT, $0-0
	JMP lib28_call(SB)

TEXT stub29<>(SB), NOSPLIT, $0-0
	JMP lib29_call(SB)

TEXT stub30<>(SB), NOSPLIT, $0-0
	JMP lib30_call(SB)

TEXT stub31<>(SB), NOSPLIT, $0-0
	JMP lib31_call(SB)

TEXT stub32<>(SB), NOSPLIT, $0-0
	JMP lib32_call(SB)

TEXT stub33<>(SB), NOSPLIT, $0-0
	JMP lib33_call(SB)

TEXT stub34<>(SB), NOSPLIT, $0-0
	JMP lib34_call(SB)

TEXT stub35<>(SB), NOSPLIT, $0-0
	JMP lib35_call(SB)

TEXT stub36<>(SB), NOSPLIT, $0-0
	JMP lib36_call(SB)

TEXT stub37<>(SB), NOSPLIT, $0-0
	JMP lib37_call(SB)

TEXT stub38<>(SB), NOSPLIT, $0-0
	JMP lib38_call(SB)

TEXT stub39<>(SB), NOSPLIT, $0-0
	JMP lib39_call(SB)

TEXT stub40<>(SB), NOSPLIT, $0-0
	JMP lib40_call(SB)

DATA ·stubs+0(SB)/8, $stub01<>(SB)
DATA ·stubs+8(SB)/8, $stub02<>(SB)
DATA ·stubs+16(SB)/8, $stub03<>(SB)
DATA ·stubs+24(SB)/8, $stub04<>(SB)
DATA ·stubs+32(SB)/8, $stub05<>(SB)
DATA ·stubs+40(SB)/8, $stub06<>(SB)
DATA ·stubs+48(SB)/8, $stub07<>(SB)
DATA ·stubs+56(SB)/8, $stub08<>(SB)
DATA ·stubs+64(SB)/8, $stub09<>(SB)
DATA ·stubs+72(SB)/8, $stub10<>(SB)
DATA ·stubs+80(SB)/8, $stub11<>(SB)
DATA ·stubs+88(SB)/8, $stub12<>(SB)
DATA ·stubs+96(SB)/8, $stub13<>(SB)
DATA ·stubs+104(SB)/8, $stub14<>(SB)
DATA ·stubs+112(SB)/8, $stub15<>(SB)
DATA ·stubs+120(SB)/8, $stub16<>(SB)
DATA ·stubs+128(SB)/8, $stub17<>(SB)
DATA ·stubs+136(SB)/8, $stub18<>(SB)
DATA ·stubs+144(SB)/8, $stub19<>(SB)
DATA ·stubs+152(SB)/8, $stub20<>(SB)
DATA ·stubs+160(SB)/8, $stub21<>(SB)
DATA ·stubs+168(SB)/8, $stub22<>(SB)
DATA ·stubs+176(SB)/8, $stub23<>(SB)
DATA ·stubs+184(SB)/8, $stub24<>(SB)
DATA ·stubs+192(SB)/8, $stub25<>(SB)
DATA ·stubs+200(SB)/8, $stub26<>(SB)
DATA ·stubs+208(SB)/8, $stub27<>(SB)
DATA ·stubs+216(SB)/8, $stub28<>(SB)
DATA ·stubs+224(SB)/8, $stub29<>(SB)
DATA ·stubs+232(SB)/8, $stub30<>(SB)
DATA ·stubs+240(SB)/8, $stub31<>(SB)
DATA ·stubs+248(SB)/8, $stub32<>(SB)
DATA ·stubs+256(SB)/8, $stub33<>(SB)
DATA ·stubs+264(SB)/8, $stub34<>(SB)
DATA ·stubs+272(SB)/8, $stub35<>(SB)
DATA ·stubs+280(SB)/8, $stub36<>(SB)
DATA ·stubs+288(SB)/8, $stub37<>(SB)
DATA ·stubs+296(SB)/8, $stub38<>(SB)
DATA ·stubs+304(SB)/8, $stub39<>(SB)
DATA ·stubs+312(SB)/8, $stub40<>(SB)
GLOBL ·stubs(SB), NOPTR, $320
