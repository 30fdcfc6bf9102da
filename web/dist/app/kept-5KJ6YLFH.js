import{a,b,c}from"./chunk-IBCDM3OI.js";export{b as drop,a as keep,c as keptDrafts};
