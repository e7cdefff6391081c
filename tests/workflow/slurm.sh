#!/bin/bash
# A real Slurm with one machine: slurm.sh start FOLDER, slurm.sh stop FOLDER.
# It needs Debian's slurm-wlm and munge and root; it listens on the loopback only, has no systemd,
# cgroups or accounting, and stand-ins for four GPUs, /dev/null and others. Its files are in the
# folder, but for links in /etc/slurm while it runs: what runs in a job looks there.
set -eu
state=$2
if test "$1" = stop; then
  for daemon in slurmd slurmctld munged; do
    test -s "$state/$daemon.pid" && kill "$(cat "$state/$daemon.pid")" || true
  done
  rm -f /etc/slurm/{slurm,gres}.conf
  exit
fi
name=$(hostname -s)
mkdir -p "$state/ctld" "$state/d"
chmod 755 "$state"
cat > "$state/slurm.conf" <<CONF
ClusterName=test
SlurmctldHost=$name(127.0.0.1)
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
AuthType=auth/munge
AuthInfo=socket=$state/munge.socket
SlurmUser=root
SlurmdUser=root
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
ReturnToService=2
StateSaveLocation=$state/ctld
SlurmdSpoolDir=$state/d
SlurmctldPidFile=$state/slurmctld.pid
SlurmdPidFile=$state/slurmd.pid
SlurmctldLogFile=$state/slurmctld.log
SlurmdLogFile=$state/slurmd.log
InactiveLimit=0
KillWait=10
Waittime=0
MinJobAge=300
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1
GresTypes=gpu
SlurmdParameters=config_overrides
NodeName=$name NodeAddr=127.0.0.1 CPUs=8 Boards=1 SocketsPerBoard=1 CoresPerSocket=8 ThreadsPerCore=1 RealMemory=16000 Gres=gpu:4 State=UNKNOWN
PartitionName=cpu Nodes=$name Default=YES MaxTime=INFINITE State=UP
PartitionName=gpu Nodes=$name Default=NO MaxTime=INFINITE State=UP
CONF
echo "Name=gpu File=/dev/null,/dev/zero,/dev/full,/dev/random" > "$state/gres.conf"
mkdir -p /etc/slurm
ln -sf "$state"/{slurm,gres}.conf /etc/slurm/
dd if=/dev/urandom of="$state/munge.key" bs=128 count=1 status=none
chmod 400 "$state/munge.key"
/usr/sbin/munged --force --socket="$state/munge.socket" --key-file="$state/munge.key" \
  --pid-file="$state/munged.pid" --seed-file="$state/munge.seed" --log-file="$state/munged.log"
/usr/sbin/slurmctld
/usr/sbin/slurmd -N "$name"
for _ in $(seq 60); do
  sinfo -h -o %t 2> /dev/null | grep -qE '^(idle|mix|alloc)$' && exit 0
  sleep 0.5
done
echo "Slurm did not start: $(tail -n 3 "$state/slurmctld.log")" >&2
exit 1
