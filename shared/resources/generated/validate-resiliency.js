// Generated from crds/resiliency.yaml by `make generate`. Do not edit.
"use strict";
export const validateResiliency = validate10;
const schema11 = {"type":"object","properties":{"apiVersion":{"type":"string"},"kind":{"type":"string"},"metadata":{"type":"object"},"scopes":{"type":"array","items":{"type":"string"}},"spec":{"type":"object","required":["policies","targets"],"properties":{"policies":{"type":"object","properties":{"timeouts":{"type":"object","additionalProperties":{"type":"string"}},"retries":{"type":"object","additionalProperties":{"type":"object","properties":{"policy":{"type":"string"},"duration":{"type":"string"},"initialInterval":{"type":"string"},"multiplier":{"type":"number","minimum":1},"maxInterval":{"type":"string"},"jitter":{"type":"string","enum":["none","half","full"]},"maxRetries":{"type":"integer"},"maxElapsedTime":{"type":"string"},"matching":{"type":"object","properties":{"httpStatusCodes":{"type":"string"},"httpMethods":{"type":"string"},"gRPCStatusCodes":{"type":"string"}}}}}},"circuitBreakers":{"type":"object","additionalProperties":{"type":"object","properties":{"maxRequests":{"type":"integer"},"interval":{"type":"string"},"timeout":{"type":"string"},"trip":{"type":"string"}}}}}},"targets":{"type":"object","properties":{"apps":{"type":"object","additionalProperties":{"type":"object","properties":{"timeout":{"type":"string"},"retry":{"type":"string"},"circuitBreaker":{"type":"string"},"circuitBreakerCacheSize":{"type":"integer"}}}},"actors":{"type":"object","additionalProperties":{"type":"object","properties":{"timeout":{"type":"string"},"retry":{"type":"string"},"circuitBreaker":{"type":"string"},"circuitBreakerScope":{"type":"string"},"circuitBreakerCacheSize":{"type":"integer"}}}},"components":{"type":"object","additionalProperties":{"type":"object","properties":{"inbound":{"type":"object","properties":{"timeout":{"type":"string"},"retry":{"type":"string"},"circuitBreaker":{"type":"string"}}},"outbound":{"type":"object","properties":{"timeout":{"type":"string"},"retry":{"type":"string"},"circuitBreaker":{"type":"string"}}}}}}}}}}},"$id":"resiliency"};

function validate10(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
/*# sourceURL="resiliency" */;
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.apiVersion !== undefined){
if(typeof data.apiVersion !== "string"){
const err0 = {instancePath:instancePath+"/apiVersion",schemaPath:"#/properties/apiVersion/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
if(data.kind !== undefined){
if(typeof data.kind !== "string"){
const err1 = {instancePath:instancePath+"/kind",schemaPath:"#/properties/kind/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.metadata !== undefined){
let data2 = data.metadata;
if(!(data2 && typeof data2 == "object" && !Array.isArray(data2))){
const err2 = {instancePath:instancePath+"/metadata",schemaPath:"#/properties/metadata/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.scopes !== undefined){
let data3 = data.scopes;
if(Array.isArray(data3)){
const len0 = data3.length;
for(let i0=0; i0<len0; i0++){
if(typeof data3[i0] !== "string"){
const err3 = {instancePath:instancePath+"/scopes/" + i0,schemaPath:"#/properties/scopes/items/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
}
else {
const err4 = {instancePath:instancePath+"/scopes",schemaPath:"#/properties/scopes/type",keyword:"type",params:{type: "array"},message:"must be array"};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
if(data.spec !== undefined){
let data5 = data.spec;
if(data5 && typeof data5 == "object" && !Array.isArray(data5)){
if(data5.policies === undefined){
const err5 = {instancePath:instancePath+"/spec",schemaPath:"#/properties/spec/required",keyword:"required",params:{missingProperty: "policies"},message:"must have required property '"+"policies"+"'"};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
if(data5.targets === undefined){
const err6 = {instancePath:instancePath+"/spec",schemaPath:"#/properties/spec/required",keyword:"required",params:{missingProperty: "targets"},message:"must have required property '"+"targets"+"'"};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
if(data5.policies !== undefined){
let data6 = data5.policies;
if(data6 && typeof data6 == "object" && !Array.isArray(data6)){
if(data6.timeouts !== undefined){
let data7 = data6.timeouts;
if(data7 && typeof data7 == "object" && !Array.isArray(data7)){
for(const key0 in data7){
if(typeof data7[key0] !== "string"){
const err7 = {instancePath:instancePath+"/spec/policies/timeouts/" + key0.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/spec/properties/policies/properties/timeouts/additionalProperties/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
}
}
else {
const err8 = {instancePath:instancePath+"/spec/policies/timeouts",schemaPath:"#/properties/spec/properties/policies/properties/timeouts/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
}
if(data6.retries !== undefined){
let data9 = data6.retries;
if(data9 && typeof data9 == "object" && !Array.isArray(data9)){
for(const key1 in data9){
let data10 = data9[key1];
if(data10 && typeof data10 == "object" && !Array.isArray(data10)){
if(data10.policy !== undefined){
if(typeof data10.policy !== "string"){
const err9 = {instancePath:instancePath+"/spec/policies/retries/" + key1.replace(/~/g, "~0").replace(/\//g, "~1")+"/policy",schemaPath:"#/properties/spec/properties/policies/properties/retries/additionalProperties/properties/policy/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
}
if(data10.duration !== undefined){
if(typeof data10.duration !== "string"){
const err10 = {instancePath:instancePath+"/spec/policies/retries/" + key1.replace(/~/g, "~0").replace(/\//g, "~1")+"/duration",schemaPath:"#/properties/spec/properties/policies/properties/retries/additionalProperties/properties/duration/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
}
if(data10.initialInterval !== undefined){
if(typeof data10.initialInterval !== "string"){
const err11 = {instancePath:instancePath+"/spec/policies/retries/" + key1.replace(/~/g, "~0").replace(/\//g, "~1")+"/initialInterval",schemaPath:"#/properties/spec/properties/policies/properties/retries/additionalProperties/properties/initialInterval/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
}
if(data10.multiplier !== undefined){
let data14 = data10.multiplier;
if((typeof data14 == "number") && (isFinite(data14))){
if(data14 < 1 || isNaN(data14)){
const err12 = {instancePath:instancePath+"/spec/policies/retries/" + key1.replace(/~/g, "~0").replace(/\//g, "~1")+"/multiplier",schemaPath:"#/properties/spec/properties/policies/properties/retries/additionalProperties/properties/multiplier/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1"};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
}
else {
const err13 = {instancePath:instancePath+"/spec/policies/retries/" + key1.replace(/~/g, "~0").replace(/\//g, "~1")+"/multiplier",schemaPath:"#/properties/spec/properties/policies/properties/retries/additionalProperties/properties/multiplier/type",keyword:"type",params:{type: "number"},message:"must be number"};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
}
if(data10.maxInterval !== undefined){
if(typeof data10.maxInterval !== "string"){
const err14 = {instancePath:instancePath+"/spec/policies/retries/" + key1.replace(/~/g, "~0").replace(/\//g, "~1")+"/maxInterval",schemaPath:"#/properties/spec/properties/policies/properties/retries/additionalProperties/properties/maxInterval/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
}
if(data10.jitter !== undefined){
let data16 = data10.jitter;
if(typeof data16 !== "string"){
const err15 = {instancePath:instancePath+"/spec/policies/retries/" + key1.replace(/~/g, "~0").replace(/\//g, "~1")+"/jitter",schemaPath:"#/properties/spec/properties/policies/properties/retries/additionalProperties/properties/jitter/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
if(!(((data16 === "none") || (data16 === "half")) || (data16 === "full"))){
const err16 = {instancePath:instancePath+"/spec/policies/retries/" + key1.replace(/~/g, "~0").replace(/\//g, "~1")+"/jitter",schemaPath:"#/properties/spec/properties/policies/properties/retries/additionalProperties/properties/jitter/enum",keyword:"enum",params:{allowedValues: schema11.properties.spec.properties.policies.properties.retries.additionalProperties.properties.jitter.enum},message:"must be equal to one of the allowed values"};
if(vErrors === null){
vErrors = [err16];
}
else {
vErrors.push(err16);
}
errors++;
}
}
if(data10.maxRetries !== undefined){
let data17 = data10.maxRetries;
if(!(((typeof data17 == "number") && (!(data17 % 1) && !isNaN(data17))) && (isFinite(data17)))){
const err17 = {instancePath:instancePath+"/spec/policies/retries/" + key1.replace(/~/g, "~0").replace(/\//g, "~1")+"/maxRetries",schemaPath:"#/properties/spec/properties/policies/properties/retries/additionalProperties/properties/maxRetries/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err17];
}
else {
vErrors.push(err17);
}
errors++;
}
}
if(data10.maxElapsedTime !== undefined){
if(typeof data10.maxElapsedTime !== "string"){
const err18 = {instancePath:instancePath+"/spec/policies/retries/" + key1.replace(/~/g, "~0").replace(/\//g, "~1")+"/maxElapsedTime",schemaPath:"#/properties/spec/properties/policies/properties/retries/additionalProperties/properties/maxElapsedTime/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err18];
}
else {
vErrors.push(err18);
}
errors++;
}
}
if(data10.matching !== undefined){
let data19 = data10.matching;
if(data19 && typeof data19 == "object" && !Array.isArray(data19)){
if(data19.httpStatusCodes !== undefined){
if(typeof data19.httpStatusCodes !== "string"){
const err19 = {instancePath:instancePath+"/spec/policies/retries/" + key1.replace(/~/g, "~0").replace(/\//g, "~1")+"/matching/httpStatusCodes",schemaPath:"#/properties/spec/properties/policies/properties/retries/additionalProperties/properties/matching/properties/httpStatusCodes/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err19];
}
else {
vErrors.push(err19);
}
errors++;
}
}
if(data19.httpMethods !== undefined){
if(typeof data19.httpMethods !== "string"){
const err20 = {instancePath:instancePath+"/spec/policies/retries/" + key1.replace(/~/g, "~0").replace(/\//g, "~1")+"/matching/httpMethods",schemaPath:"#/properties/spec/properties/policies/properties/retries/additionalProperties/properties/matching/properties/httpMethods/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err20];
}
else {
vErrors.push(err20);
}
errors++;
}
}
if(data19.gRPCStatusCodes !== undefined){
if(typeof data19.gRPCStatusCodes !== "string"){
const err21 = {instancePath:instancePath+"/spec/policies/retries/" + key1.replace(/~/g, "~0").replace(/\//g, "~1")+"/matching/gRPCStatusCodes",schemaPath:"#/properties/spec/properties/policies/properties/retries/additionalProperties/properties/matching/properties/gRPCStatusCodes/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err21];
}
else {
vErrors.push(err21);
}
errors++;
}
}
}
else {
const err22 = {instancePath:instancePath+"/spec/policies/retries/" + key1.replace(/~/g, "~0").replace(/\//g, "~1")+"/matching",schemaPath:"#/properties/spec/properties/policies/properties/retries/additionalProperties/properties/matching/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err22];
}
else {
vErrors.push(err22);
}
errors++;
}
}
}
else {
const err23 = {instancePath:instancePath+"/spec/policies/retries/" + key1.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/spec/properties/policies/properties/retries/additionalProperties/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err23];
}
else {
vErrors.push(err23);
}
errors++;
}
}
}
else {
const err24 = {instancePath:instancePath+"/spec/policies/retries",schemaPath:"#/properties/spec/properties/policies/properties/retries/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err24];
}
else {
vErrors.push(err24);
}
errors++;
}
}
if(data6.circuitBreakers !== undefined){
let data23 = data6.circuitBreakers;
if(data23 && typeof data23 == "object" && !Array.isArray(data23)){
for(const key2 in data23){
let data24 = data23[key2];
if(data24 && typeof data24 == "object" && !Array.isArray(data24)){
if(data24.maxRequests !== undefined){
let data25 = data24.maxRequests;
if(!(((typeof data25 == "number") && (!(data25 % 1) && !isNaN(data25))) && (isFinite(data25)))){
const err25 = {instancePath:instancePath+"/spec/policies/circuitBreakers/" + key2.replace(/~/g, "~0").replace(/\//g, "~1")+"/maxRequests",schemaPath:"#/properties/spec/properties/policies/properties/circuitBreakers/additionalProperties/properties/maxRequests/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err25];
}
else {
vErrors.push(err25);
}
errors++;
}
}
if(data24.interval !== undefined){
if(typeof data24.interval !== "string"){
const err26 = {instancePath:instancePath+"/spec/policies/circuitBreakers/" + key2.replace(/~/g, "~0").replace(/\//g, "~1")+"/interval",schemaPath:"#/properties/spec/properties/policies/properties/circuitBreakers/additionalProperties/properties/interval/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err26];
}
else {
vErrors.push(err26);
}
errors++;
}
}
if(data24.timeout !== undefined){
if(typeof data24.timeout !== "string"){
const err27 = {instancePath:instancePath+"/spec/policies/circuitBreakers/" + key2.replace(/~/g, "~0").replace(/\//g, "~1")+"/timeout",schemaPath:"#/properties/spec/properties/policies/properties/circuitBreakers/additionalProperties/properties/timeout/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err27];
}
else {
vErrors.push(err27);
}
errors++;
}
}
if(data24.trip !== undefined){
if(typeof data24.trip !== "string"){
const err28 = {instancePath:instancePath+"/spec/policies/circuitBreakers/" + key2.replace(/~/g, "~0").replace(/\//g, "~1")+"/trip",schemaPath:"#/properties/spec/properties/policies/properties/circuitBreakers/additionalProperties/properties/trip/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err28];
}
else {
vErrors.push(err28);
}
errors++;
}
}
}
else {
const err29 = {instancePath:instancePath+"/spec/policies/circuitBreakers/" + key2.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/spec/properties/policies/properties/circuitBreakers/additionalProperties/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err29];
}
else {
vErrors.push(err29);
}
errors++;
}
}
}
else {
const err30 = {instancePath:instancePath+"/spec/policies/circuitBreakers",schemaPath:"#/properties/spec/properties/policies/properties/circuitBreakers/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err30];
}
else {
vErrors.push(err30);
}
errors++;
}
}
}
else {
const err31 = {instancePath:instancePath+"/spec/policies",schemaPath:"#/properties/spec/properties/policies/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err31];
}
else {
vErrors.push(err31);
}
errors++;
}
}
if(data5.targets !== undefined){
let data29 = data5.targets;
if(data29 && typeof data29 == "object" && !Array.isArray(data29)){
if(data29.apps !== undefined){
let data30 = data29.apps;
if(data30 && typeof data30 == "object" && !Array.isArray(data30)){
for(const key3 in data30){
let data31 = data30[key3];
if(data31 && typeof data31 == "object" && !Array.isArray(data31)){
if(data31.timeout !== undefined){
if(typeof data31.timeout !== "string"){
const err32 = {instancePath:instancePath+"/spec/targets/apps/" + key3.replace(/~/g, "~0").replace(/\//g, "~1")+"/timeout",schemaPath:"#/properties/spec/properties/targets/properties/apps/additionalProperties/properties/timeout/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err32];
}
else {
vErrors.push(err32);
}
errors++;
}
}
if(data31.retry !== undefined){
if(typeof data31.retry !== "string"){
const err33 = {instancePath:instancePath+"/spec/targets/apps/" + key3.replace(/~/g, "~0").replace(/\//g, "~1")+"/retry",schemaPath:"#/properties/spec/properties/targets/properties/apps/additionalProperties/properties/retry/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err33];
}
else {
vErrors.push(err33);
}
errors++;
}
}
if(data31.circuitBreaker !== undefined){
if(typeof data31.circuitBreaker !== "string"){
const err34 = {instancePath:instancePath+"/spec/targets/apps/" + key3.replace(/~/g, "~0").replace(/\//g, "~1")+"/circuitBreaker",schemaPath:"#/properties/spec/properties/targets/properties/apps/additionalProperties/properties/circuitBreaker/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err34];
}
else {
vErrors.push(err34);
}
errors++;
}
}
if(data31.circuitBreakerCacheSize !== undefined){
let data35 = data31.circuitBreakerCacheSize;
if(!(((typeof data35 == "number") && (!(data35 % 1) && !isNaN(data35))) && (isFinite(data35)))){
const err35 = {instancePath:instancePath+"/spec/targets/apps/" + key3.replace(/~/g, "~0").replace(/\//g, "~1")+"/circuitBreakerCacheSize",schemaPath:"#/properties/spec/properties/targets/properties/apps/additionalProperties/properties/circuitBreakerCacheSize/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err35];
}
else {
vErrors.push(err35);
}
errors++;
}
}
}
else {
const err36 = {instancePath:instancePath+"/spec/targets/apps/" + key3.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/spec/properties/targets/properties/apps/additionalProperties/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err36];
}
else {
vErrors.push(err36);
}
errors++;
}
}
}
else {
const err37 = {instancePath:instancePath+"/spec/targets/apps",schemaPath:"#/properties/spec/properties/targets/properties/apps/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err37];
}
else {
vErrors.push(err37);
}
errors++;
}
}
if(data29.actors !== undefined){
let data36 = data29.actors;
if(data36 && typeof data36 == "object" && !Array.isArray(data36)){
for(const key4 in data36){
let data37 = data36[key4];
if(data37 && typeof data37 == "object" && !Array.isArray(data37)){
if(data37.timeout !== undefined){
if(typeof data37.timeout !== "string"){
const err38 = {instancePath:instancePath+"/spec/targets/actors/" + key4.replace(/~/g, "~0").replace(/\//g, "~1")+"/timeout",schemaPath:"#/properties/spec/properties/targets/properties/actors/additionalProperties/properties/timeout/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err38];
}
else {
vErrors.push(err38);
}
errors++;
}
}
if(data37.retry !== undefined){
if(typeof data37.retry !== "string"){
const err39 = {instancePath:instancePath+"/spec/targets/actors/" + key4.replace(/~/g, "~0").replace(/\//g, "~1")+"/retry",schemaPath:"#/properties/spec/properties/targets/properties/actors/additionalProperties/properties/retry/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err39];
}
else {
vErrors.push(err39);
}
errors++;
}
}
if(data37.circuitBreaker !== undefined){
if(typeof data37.circuitBreaker !== "string"){
const err40 = {instancePath:instancePath+"/spec/targets/actors/" + key4.replace(/~/g, "~0").replace(/\//g, "~1")+"/circuitBreaker",schemaPath:"#/properties/spec/properties/targets/properties/actors/additionalProperties/properties/circuitBreaker/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err40];
}
else {
vErrors.push(err40);
}
errors++;
}
}
if(data37.circuitBreakerScope !== undefined){
if(typeof data37.circuitBreakerScope !== "string"){
const err41 = {instancePath:instancePath+"/spec/targets/actors/" + key4.replace(/~/g, "~0").replace(/\//g, "~1")+"/circuitBreakerScope",schemaPath:"#/properties/spec/properties/targets/properties/actors/additionalProperties/properties/circuitBreakerScope/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err41];
}
else {
vErrors.push(err41);
}
errors++;
}
}
if(data37.circuitBreakerCacheSize !== undefined){
let data42 = data37.circuitBreakerCacheSize;
if(!(((typeof data42 == "number") && (!(data42 % 1) && !isNaN(data42))) && (isFinite(data42)))){
const err42 = {instancePath:instancePath+"/spec/targets/actors/" + key4.replace(/~/g, "~0").replace(/\//g, "~1")+"/circuitBreakerCacheSize",schemaPath:"#/properties/spec/properties/targets/properties/actors/additionalProperties/properties/circuitBreakerCacheSize/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err42];
}
else {
vErrors.push(err42);
}
errors++;
}
}
}
else {
const err43 = {instancePath:instancePath+"/spec/targets/actors/" + key4.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/spec/properties/targets/properties/actors/additionalProperties/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err43];
}
else {
vErrors.push(err43);
}
errors++;
}
}
}
else {
const err44 = {instancePath:instancePath+"/spec/targets/actors",schemaPath:"#/properties/spec/properties/targets/properties/actors/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err44];
}
else {
vErrors.push(err44);
}
errors++;
}
}
if(data29.components !== undefined){
let data43 = data29.components;
if(data43 && typeof data43 == "object" && !Array.isArray(data43)){
for(const key5 in data43){
let data44 = data43[key5];
if(data44 && typeof data44 == "object" && !Array.isArray(data44)){
if(data44.inbound !== undefined){
let data45 = data44.inbound;
if(data45 && typeof data45 == "object" && !Array.isArray(data45)){
if(data45.timeout !== undefined){
if(typeof data45.timeout !== "string"){
const err45 = {instancePath:instancePath+"/spec/targets/components/" + key5.replace(/~/g, "~0").replace(/\//g, "~1")+"/inbound/timeout",schemaPath:"#/properties/spec/properties/targets/properties/components/additionalProperties/properties/inbound/properties/timeout/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err45];
}
else {
vErrors.push(err45);
}
errors++;
}
}
if(data45.retry !== undefined){
if(typeof data45.retry !== "string"){
const err46 = {instancePath:instancePath+"/spec/targets/components/" + key5.replace(/~/g, "~0").replace(/\//g, "~1")+"/inbound/retry",schemaPath:"#/properties/spec/properties/targets/properties/components/additionalProperties/properties/inbound/properties/retry/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err46];
}
else {
vErrors.push(err46);
}
errors++;
}
}
if(data45.circuitBreaker !== undefined){
if(typeof data45.circuitBreaker !== "string"){
const err47 = {instancePath:instancePath+"/spec/targets/components/" + key5.replace(/~/g, "~0").replace(/\//g, "~1")+"/inbound/circuitBreaker",schemaPath:"#/properties/spec/properties/targets/properties/components/additionalProperties/properties/inbound/properties/circuitBreaker/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err47];
}
else {
vErrors.push(err47);
}
errors++;
}
}
}
else {
const err48 = {instancePath:instancePath+"/spec/targets/components/" + key5.replace(/~/g, "~0").replace(/\//g, "~1")+"/inbound",schemaPath:"#/properties/spec/properties/targets/properties/components/additionalProperties/properties/inbound/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err48];
}
else {
vErrors.push(err48);
}
errors++;
}
}
if(data44.outbound !== undefined){
let data49 = data44.outbound;
if(data49 && typeof data49 == "object" && !Array.isArray(data49)){
if(data49.timeout !== undefined){
if(typeof data49.timeout !== "string"){
const err49 = {instancePath:instancePath+"/spec/targets/components/" + key5.replace(/~/g, "~0").replace(/\//g, "~1")+"/outbound/timeout",schemaPath:"#/properties/spec/properties/targets/properties/components/additionalProperties/properties/outbound/properties/timeout/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err49];
}
else {
vErrors.push(err49);
}
errors++;
}
}
if(data49.retry !== undefined){
if(typeof data49.retry !== "string"){
const err50 = {instancePath:instancePath+"/spec/targets/components/" + key5.replace(/~/g, "~0").replace(/\//g, "~1")+"/outbound/retry",schemaPath:"#/properties/spec/properties/targets/properties/components/additionalProperties/properties/outbound/properties/retry/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err50];
}
else {
vErrors.push(err50);
}
errors++;
}
}
if(data49.circuitBreaker !== undefined){
if(typeof data49.circuitBreaker !== "string"){
const err51 = {instancePath:instancePath+"/spec/targets/components/" + key5.replace(/~/g, "~0").replace(/\//g, "~1")+"/outbound/circuitBreaker",schemaPath:"#/properties/spec/properties/targets/properties/components/additionalProperties/properties/outbound/properties/circuitBreaker/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err51];
}
else {
vErrors.push(err51);
}
errors++;
}
}
}
else {
const err52 = {instancePath:instancePath+"/spec/targets/components/" + key5.replace(/~/g, "~0").replace(/\//g, "~1")+"/outbound",schemaPath:"#/properties/spec/properties/targets/properties/components/additionalProperties/properties/outbound/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err52];
}
else {
vErrors.push(err52);
}
errors++;
}
}
}
else {
const err53 = {instancePath:instancePath+"/spec/targets/components/" + key5.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/spec/properties/targets/properties/components/additionalProperties/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err53];
}
else {
vErrors.push(err53);
}
errors++;
}
}
}
else {
const err54 = {instancePath:instancePath+"/spec/targets/components",schemaPath:"#/properties/spec/properties/targets/properties/components/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err54];
}
else {
vErrors.push(err54);
}
errors++;
}
}
}
else {
const err55 = {instancePath:instancePath+"/spec/targets",schemaPath:"#/properties/spec/properties/targets/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err55];
}
else {
vErrors.push(err55);
}
errors++;
}
}
}
else {
const err56 = {instancePath:instancePath+"/spec",schemaPath:"#/properties/spec/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err56];
}
else {
vErrors.push(err56);
}
errors++;
}
}
}
else {
const err57 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err57];
}
else {
vErrors.push(err57);
}
errors++;
}
validate10.errors = vErrors;
return errors === 0;
}
