namespace Tocsin.Streams.Backplanes;

/// <summary>
/// Which messages of other programs the log holds already, as one node sees it. Every node hears every message and each writes what the log
/// lacks, under the workspace's lock: a line that another node wrote is set against the message that this one hears, one for one, so that
/// equal messages count as often as they were published. The messages carry no id; the log is the only memory that all nodes share.
/// Not for use by two threads at once.
/// </summary>
internal sealed class ForeignLedger
{
    /// <summary>The log has its own lines of this node since the last look, by key; they answer nothing that it will hear.</summary>
    private readonly Dictionary<string, (string Group, int Count)> _own = new(StringComparer.Ordinal);

    /// <summary>Lines of other nodes whose message this one has not heard yet, by key.</summary>
    private readonly Dictionary<string, Queue<long>> _unheard = new(StringComparer.Ordinal);

    private readonly Dictionary<string, long> _read = new(StringComparer.Ordinal);

    /// <summary>Every message that this node has yet to hear is written after this line, if it is written.</summary>
    public long Floor { get; private set; }

    /// <summary>Groups with lines of this node's own that it has not read back.</summary>
    public IReadOnlyCollection<string> Unread => [.. _own.Values.Select(o => o.Group).Distinct(StringComparer.Ordinal)];

    /// <summary>The line after which to read a group.</summary>
    public long ReadFrom(string group) => Math.Max(Floor, _read.GetValueOrDefault(group));

    /// <summary>A line, read in the order of the log.</summary>
    /// <param name="key">Of another program's message; null: it is none.</param>
    public void Saw(string group, long line, string? key)
    {
        _read[group] = line;
        if (key is null)
        {
            return;
        }

        if (_own.TryGetValue(key, out var own))
        {
            if (own.Count > 1)
            {
                _own[key] = own with { Count = own.Count - 1 };
            }
            else
            {
                _own.Remove(key);
            }

            return;
        }

        if (!_unheard.TryGetValue(key, out var lines))
        {
            _unheard[key] = lines = new();
        }

        lines.Enqueue(line);
    }

    /// <summary>Of messages that were heard, those that the log lacks. Changes nothing: the transaction that adds them may yet fail.</summary>
    public List<ForeignAlert> Missing(List<ForeignAlert> heard)
    {
        Dictionary<string, int> met = new(StringComparer.Ordinal);
        List<ForeignAlert> missing = [];
        foreach (var alert in heard)
        {
            var count = met[alert.Key] = met.GetValueOrDefault(alert.Key) + 1;
            if (count > (_unheard.TryGetValue(alert.Key, out var lines) ? lines.Count : 0))
            {
                missing.Add(alert);
            }
        }

        return missing;
    }

    /// <summary>The log now holds all that was heard.</summary>
    /// <param name="missing">What <see cref="Missing"/> said of the same messages, now committed by this node.</param>
    public void Settle(List<ForeignAlert> heard, List<ForeignAlert> missing)
    {
        foreach (var alert in heard)
        {
            if (_unheard.TryGetValue(alert.Key, out var lines))
            {
                lines.Dequeue();
                if (lines.Count == 0)
                {
                    _unheard.Remove(alert.Key);
                }
            }
        }

        foreach (var alert in missing)
        {
            _own[alert.Key] = (alert.Group, _own.GetValueOrDefault(alert.Key).Count + 1);
        }
    }

    /// <summary>Forgets what can no longer be asked. The lines of <see cref="Unread"/> groups must have been read before.</summary>
    public void MoveFloor(long floor)
    {
        if (floor <= Floor)
        {
            return;
        }

        Floor = floor;
        foreach (var (key, lines) in _unheard)
        {
            while (lines.TryPeek(out var line) && line <= floor)
            {
                lines.Dequeue();
            }

            if (lines.Count == 0)
            {
                _unheard.Remove(key);
            }
        }

        foreach (var group in _read.Where(r => r.Value <= floor).Select(r => r.Key).ToList())
        {
            _read.Remove(group);
        }
    }
}
