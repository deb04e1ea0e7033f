package bench

import (
	"fmt"
	"os"
	"strings"
	"time"
)

const canSeeProcesses = true

// processMemory is what a process has in memory, in bytes (proc(5), statm).
func processMemory(pid int) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0, err
	}
	var size, resident int64
	_, err = fmt.Sscan(string(text), &size, &resident)
	return resident * int64(os.Getpagesize()), err
}

// processTimeOf is the processor time that a process has used (proc(5), stat).
func processTimeOf(pid int) (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	const tick = 10 * time.Millisecond // USER_HZ, 100 on every Linux
	f := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(f) < 13 {
		return 0, fmt.Errorf("/proc/%d/stat has %d fields", pid, len(f))
	}
	var user, system time.Duration
	_, err = fmt.Sscan(f[11]+" "+f[12], &user, &system) // utime, stime: 14 and 15 of the line
	return (user + system) * tick, err
}
