using System.Diagnostics.Tracing;

namespace RxTokens;

/// <summary>
/// Follows what marble tests have on the thread pool, item by item, from its being queued to its end. The runtime tells of each item that is queued and
/// of each that a thread takes, on that thread and before it goes on; a thread that takes the next has come to the end of the one before. It tells of
/// each timer of real time, too.
/// </summary>
/// <remarks>
/// <code>
/// field          written by         read by            ordered by
/// Queued         all                all                itself, as a lock
/// _isTelling     the pool's         all                volatile; once true it stays so
///                threads: true
/// _slot, _isOurs each thread        the same           it has one for each thread
/// Slot._item     the slot's thread  all                volatile
/// all others     the slot's thread  the slot's thread
/// </code>
/// </remarks>
internal sealed class PoolItems : EventListener
{
    private const string Source = "System.Diagnostics.Eventing.FrameworkEventSource";
    private const EventKeywords ThreadPoolKeyword = (EventKeywords)0x2;
    private const EventKeywords ThreadTransferKeyword = (EventKeywords)0x10;
    private const int Enqueue = 30;
    private const int Dequeue = 31;
    private const int TransferSend = 150;
    private const int Timer = 1; // of what sends

    private static readonly Dictionary<long, Queue<PoolWatch>> Queued = [];
    private static volatile bool _isTelling;

    [ThreadStatic]
    private static Slot? _slot;

    [ThreadStatic]
    private static bool _isOurs;

    /// <summary>Whether the runtime tells. It does not where event sources are switched off.</summary>
    public static bool IsTelling => _isTelling;

    /// <summary>What the calling thread of the pool is at.</summary>
    public static Slot OfThisThread => _slot ??= new Slot(Thread.CurrentThread);

    /// <summary>The test to which what the calling thread does belongs, also where no context flows.</summary>
    private static PoolWatch? OfThisMoment => PoolWatch.Current ?? _slot?.Item;

    /// <summary>Queues what belongs to no test.</summary>
    public static void Queue(IThreadPoolWorkItem item, bool preferLocal)
    {
        _isOurs = true;
        ThreadPool.UnsafeQueueUserWorkItem(item, preferLocal);
        _isOurs = false;
    }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == Source)
            EnableEvents(eventSource, EventLevel.Verbose, ThreadPoolKeyword | ThreadTransferKeyword);
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        switch (eventData.EventId, eventData.Payload)
        {
            case (Enqueue, [long item]):
                OnEnqueued(item);
                break;
            case (Dequeue, [long item]):
                OnDequeued(item);
                break;
            case (TransferSend, [_, Timer, _, _, int milliseconds, ..]) when PoolWatch.OfThisThread is { } test:
                test.OnRealTimer(TimeSpan.FromMilliseconds(milliseconds));
                break;
        }
    }

    private static void OnEnqueued(long item)
    {
        if (_isOurs || OfThisMoment is not { } test)
            return;

        test.Open();
        lock (Queued)
        {
            // Several items may have one number.
            if (!Queued.TryGetValue(item, out var tests))
                Queued[item] = tests = new Queue<PoolWatch>(1);
            tests.Enqueue(test);
        }
    }

    private static void OnDequeued(long item)
    {
        _isTelling = true;
        _slot?.End();
        PoolWatch? test = null;
        lock (Queued)
        {
            if (Queued.TryGetValue(item, out var tests) && tests.TryDequeue(out test) && tests.Count == 0)
                Queued.Remove(item);
        }

        if (test is not null)
            OfThisThread.Begin(test);
    }

    /// <summary>What a thread of the pool is at.</summary>
    public sealed class Slot(Thread thread)
    {
        private volatile PoolWatch? _item;
        private bool _isMarked;
        private bool _isGivenUp;

        /// <summary>Whose item it is.</summary>
        public PoolWatch? Item => _item;

        /// <summary>The thread takes an item of a test, which is counted already.</summary>
        public void Begin(PoolWatch test) => _item = test;

        /// <summary>The thread has come to the end of its item.</summary>
        public void End()
        {
            if (_item is not { } ended)
                return;

            _item = null;
            _isMarked = false;
            ended.Close(_isGivenUp);
            _isGivenUp = false;
        }

        /// <summary>The item may be about to end: something is put behind it, so that its end is seen when the thread takes that.</summary>
        /// <param name="isGivenUp">Whether the test no longer waits for it.</param>
        public void Mark(bool isGivenUp)
        {
            _isGivenUp |= isGivenUp;
            if (_isMarked)
                return;

            _isMarked = true;
            Queue(new EndMark(this, thread), preferLocal: true);
        }
    }

    /// <summary>What stands behind an item. Taken by another thread while the item goes on, it goes to the end of the queue.</summary>
    private sealed class EndMark(Slot slot, Thread thread) : IThreadPoolWorkItem
    {
        private readonly PoolWatch? _item = slot.Item;
        private SpinWait _spin;

        public void Execute()
        {
            if (Thread.CurrentThread == thread || slot.Item != _item)
                return;

            _spin.SpinOnce();
            Queue(this, preferLocal: false);
        }
    }
}
