package main

import "sync"

func mutexContended(operations uint64) uint64 {
	const contenders = 64
	var (
		mutex   sync.Mutex
		counter uint64
		done    sync.WaitGroup
	)
	for c := 0; c < contenders; c++ {
		done.Add(1)
		go func() {
			for i := uint64(0); i < operations/contenders; i++ {
				mutex.Lock()
				counter++
				mutex.Unlock()
			}
			done.Done()
		}()
	}
	done.Wait()
	return counter
}
