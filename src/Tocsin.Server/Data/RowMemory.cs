using System.Diagnostics.CodeAnalysis;

namespace Tocsin.Data;

/// <summary>
/// What the one writer of the embedded store remembers of rows that it has read, so that it need not read them again. With several writers nothing
/// is remembered. Used inside the writer's transactions only, one at a time.
/// </summary>
/// <param name="soleWriter">Whether nobody but this process writes to the store.</param>
internal sealed class RowMemory(bool soleWriter)
{
    private readonly List<Action> _clear = [];

    /// <summary>A table of rows by a key of theirs.</summary>
    /// <param name="most">With more rows than this it forgets all and begins again.</param>
    public RowMemory<TKey, TRow> Of<TKey, TRow>(int most)
        where TKey : notnull
        where TRow : class
    {
        var rows = new RowMemory<TKey, TRow>(soleWriter ? most : 0);
        _clear.Add(rows.Clear);
        return rows;
    }

    /// <summary>Forgets every row of every table: for a transaction that deletes some.</summary>
    public void Forget(Tx tx)
    {
        ForgetNow();

        // What others of the same commit remember again when they end must not outlive the deletion.
        tx.WhenDone(_ => ForgetNow());
    }

    private void ForgetNow() => _clear.ForEach(static clear => clear());
}

/// <summary>One table. What a transaction changes is forgotten at once, and remembered as it then is when it is committed.</summary>
internal sealed class RowMemory<TKey, TRow>(int most)
    where TKey : notnull
    where TRow : class
{
    private readonly Dictionary<TKey, TRow> _rows = [];

    /// <summary>Rows that are written and not committed yet, by their last change.</summary>
    private readonly Dictionary<TKey, object> _underWay = [];

    public bool TryGet(Session session, TKey key, [MaybeNullWhen(false)] out TRow row)
    {
        row = null;
        return session is Tx && _rows.TryGetValue(key, out row);
    }

    /// <summary>Takes in rows as the store has them.</summary>
    public void Add(Session session, IEnumerable<(TKey Key, TRow Row)> rows)
    {
        if (session is Tx && most > 0)
        {
            Add(rows);
        }
    }

    /// <summary>Says that a transaction writes these rows. Those that were not remembered are not from now on either.</summary>
    public void Change(Tx tx, IEnumerable<(TKey Key, TRow Row)> rows)
    {
        if (most == 0)
        {
            return;
        }

        // Many transactions share a commit, and one may write a row several times: only what was written last is remembered.
        var mark = new object();
        List<(TKey Key, TRow? Row)> changed = [];
        foreach (var (key, row) in rows)
        {
            var known = _rows.Remove(key) | _underWay.ContainsKey(key);
            _underWay[key] = mark;
            changed.Add((key, known ? row : null));
        }

        tx.WhenDone(committed =>
        {
            foreach (var (key, row) in changed)
            {
                if (_underWay.TryGetValue(key, out var last) && last == mark)
                {
                    _underWay.Remove(key);
                    _rows.Remove(key);
                    if (committed && row is not null)
                    {
                        Add([(key, row)]);
                    }
                }
            }

            if (!committed)
            {
                // Another transaction of the same group may have read what now never was.
                _rows.Clear();
            }
        });
    }

    public void Clear() => _rows.Clear();

    private void Add(IEnumerable<(TKey Key, TRow Row)> rows)
    {
        foreach (var (key, row) in rows)
        {
            if (_rows.Count >= most)
            {
                _rows.Clear();
            }

            _rows[key] = row;
        }
    }
}
