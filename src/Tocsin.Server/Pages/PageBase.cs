using Microsoft.AspNetCore.Components;

namespace Tocsin.Pages;

/// <summary>A whole page: its frame and what it is about.</summary>
public abstract class PageBase<TModel> : ComponentBase
{
    [Parameter, EditorRequired]
    public required Frame Frame { get; set; }

    [Parameter, EditorRequired]
    public required TModel Model { get; set; }

    protected Clock Clock => Frame.Clock;
}

/// <summary>A part of a page; the frame comes from the layout around it.</summary>
public abstract class PartBase : ComponentBase
{
    [CascadingParameter]
    public required Frame Frame { get; set; }

    protected Clock Clock => Frame.Clock;
}
