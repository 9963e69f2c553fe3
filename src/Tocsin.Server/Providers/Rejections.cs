namespace Tocsin.Providers;

/// <summary>What a delivery's bad elements are gathered in. A body can hold half a million of them; beyond a thousand they are only counted.</summary>
internal sealed class Rejections
{
    private const int Named = 1000;

    private readonly List<RejectedElement> _elements = [];
    private int _more;

    public int Count => _elements.Count + _more;

    public void Add(string list, int index, string reason)
    {
        if (_elements.Count < Named)
        {
            _elements.Add(new($"{list}[{index}]", reason));
        }
        else
        {
            _more++;
        }
    }

    /// <summary>The elements in order; the last stands for all that are not named.</summary>
    public IReadOnlyList<RejectedElement> All =>
        _more == 0 ? _elements : [.. _elements, new("and more", $"{_more} further elements could not be read either.")];
}
