namespace Tocsin.Telemetry;

/// <summary>Puts lines of blocks that overlap in time into one order. A line is given when no block that is still to come can hold one before it.</summary>
internal sealed class PageBuilder(int limit, bool isDown)
{
    private readonly List<FoundLine> _given = [];
    private readonly List<(LineKey Key, FoundLine Line)> _waiting = [];
    private LineKey _last;

    /// <summary>Adds matches of a block.</summary>
    /// <param name="read">Asked only for those that can still be among the lines of this page.</param>
    public void Add(List<(LineKey Key, int Line)> matches, Func<int, FoundLine> read)
    {
        matches.Sort((one, other) => Order(one.Key, other.Key));
        var room = limit - _given.Count;
        LineKey? worst = _waiting.Count == room ? _waiting[^1].Key : null;
        foreach (var (key, line) in matches.Take(room))
        {
            if (worst is not { } last || Order(key, last) < 0)
            {
                _waiting.Add((key, read(line)));
            }
        }

        _waiting.Sort((one, other) => Order(one.Key, other.Key));
        if (_waiting.Count > room)
        {
            _waiting.RemoveRange(room, _waiting.Count - room);
        }
    }

    /// <summary>Gives what comes before everything at <paramref name="edge"/> and beyond.</summary>
    /// <returns>Whether the page is full.</returns>
    public bool TakeBeyond(long edge)
    {
        var sure = 0;
        while (sure < _waiting.Count && (isDown ? _waiting[sure].Key.AtMicros > edge : _waiting[sure].Key.AtMicros < edge))
        {
            sure++;
        }

        Take(sure);
        return _given.Count == limit;
    }

    /// <summary>Forgets what was found and not given.</summary>
    public void Forget() => _waiting.Clear();

    public LogPage Full() => new(_given, _last.ToString(), Complete: true);

    public LogPage Unfinished(LineKey at) => new(_given, at.ToString(), Complete: false);

    /// <summary>Gives all, since no block is left.</summary>
    public LogPage Rest()
    {
        Take(_waiting.Count);
        return _given.Count == limit ? Full() : new(_given, null, Complete: true);
    }

    private void Take(int count)
    {
        foreach (var (key, line) in _waiting.Take(count))
        {
            _given.Add(line);
            _last = key;
        }

        _waiting.RemoveRange(0, count);
    }

    private int Order(LineKey one, LineKey other) => isDown ? other.Order(one) : one.Order(other);
}
