namespace Tocsin.Alerts;

/// <summary>Why an event of the alert pipeline is not taken.</summary>
/// <param name="Kind">Stable; senders' tools switch on it: not_json_object, unknown_source, missing, invalid, too_long, too_many, schema.</param>
/// <param name="Field">The field of the canonical event that it concerns, or <c>body</c>.</param>
/// <param name="Message">One or more whole sentences.</param>
public sealed record PipelineFault(string Kind, string Field, string Message);

/// <summary>What is found wrong while one event is read. A strict reader refuses for it, a lenient one helps itself and says so.</summary>
public sealed class PipelineFindings(bool strict)
{
    private readonly List<PipelineFault> _faults = [];
    private readonly List<string> _warnings = [];

    public bool Strict => strict;

    /// <summary>Empty unless the reader is strict, or nothing can be made of the event at all.</summary>
    public IReadOnlyList<PipelineFault> Faults => _faults;

    public IReadOnlyList<string> Warnings => _warnings;

    /// <param name="what">What is wrong, without a full stop.</param>
    /// <param name="instead">What a lenient reader does about it: "now was taken".</param>
    public void Refuse(string kind, string field, string what, string instead)
    {
        if (strict)
        {
            Reject(kind, field, $"{what}.");
        }
        else
        {
            Warn($"{what}; {instead}.");
        }
    }

    /// <summary>Something that neither reader can do without.</summary>
    public void Reject(string kind, string field, string message) => _faults.Add(new(kind, field, message));

    public void Warn(string sentence)
    {
        if (_warnings.Count < 16 && !_warnings.Contains(sentence))
        {
            _warnings.Add(sentence);
        }
    }
}
