using System.Runtime.ExceptionServices;
using Tocsin.Cli;
using Tocsin.Sdk;

namespace Tocsin.Verbs;

/// <summary>Says on the standard error what happens to the connection. A script wants to know it too, so JSON does not silence it.</summary>
internal sealed class StreamTeller(Terminal terminal)
{
    private bool _hadOne;
    private bool _isLost;

    public void Tell(StreamNotice notice)
    {
        switch (notice)
        {
            case StreamNotice.Connected when _isLost:
                terminal.Error.WriteLine("connected again");
                _isLost = false;
                break;
            case StreamNotice.Connected:
                _hadOne = true;
                break;
            case StreamNotice.Lost { Because: { } first } when !_hadOne:
                // Nothing was ever heard: the address or the server is wrong, and the verb says so as others do.
                ExceptionDispatchInfo.Throw(first);
                break;
            case StreamNotice.Lost lost:
                _isLost = true;
                terminal.Error.WriteLine($"connection lost: {Plain.Line(lost.Because?.Message.TrimEnd('.') ?? "the server ended it")}; next try in {Words.Span(lost.RetryIn)}");
                break;
            case StreamNotice.Reset reset:
                terminal.Error.WriteLine($"lines before {reset.Oldest} are no longer kept, and were missed");
                break;
            case StreamNotice.Missed { Lines: 0 }:
                terminal.Error.WriteLine("not all that was stored meanwhile could be given again: a search shows it");
                break;
            case StreamNotice.Missed missed:
                terminal.Error.WriteLine($"{(missed.AtLeast ? "at least " : "")}{Words.Count(missed.Lines, "line")} left out, more than is given at once: a search shows them");
                break;
        }
    }
}
