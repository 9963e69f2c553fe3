namespace Tocsin.Streams.Backplanes;

/// <summary>
/// What this node has yet to tell: gathered while the backplane is busy or away, said once however often it happened. Holds no more than
/// there are workspaces.
/// </summary>
internal sealed class Outbox(string node)
{
    private readonly Lock _gate = new();
    private HashSet<long> _changed = [];
    private bool _jobsDue;

    public void Changed(long workspace)
    {
        lock (_gate)
        {
            _changed.Add(workspace);
        }
    }

    public void JobsDue()
    {
        lock (_gate)
        {
            _jobsDue = true;
        }
    }

    /// <returns>All that there is to tell; null: nothing.</returns>
    public Notice? Take()
    {
        lock (_gate)
        {
            if (_changed.Count == 0 && !_jobsDue)
            {
                return null;
            }

            var notice = new Notice(node, _changed, _jobsDue);
            (_changed, _jobsDue) = ([], false);
            return notice;
        }
    }

    /// <summary>What could not be told is told later.</summary>
    public void Return(Notice notice)
    {
        lock (_gate)
        {
            _changed.UnionWith(notice.Workspaces ?? []);
            _jobsDue |= notice.JobsDue;
        }
    }
}
